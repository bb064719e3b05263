import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listTools, publishTools } from '../../../db/agents/tools.js';
import { createPool, type Pool } from '../../../db/core/pool.js';
import type { ToolDescriptor } from '../../../domain/agents/tools.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 10 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const tool = (name: string): ToolDescriptor => ({
  name,
  description: '',
  parameters: { type: 'object' },
  level: 1,
  source: 'mcp',
  needsApproval: false,
  idempotent: false,
  timeoutMs: 1_000,
});

test('when many MCP servers connect at once, the tools of each are listed, whichever connects last', async () => {
  for (let round = 0; round < 20; round++) {
    const known: ToolDescriptor[] = [];
    const connect = async (n: number) => {
      known.push(tool(`of_server_${n}`));
      await publishTools(pool, () => [...known]);
    };
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(connect));
    const names = (await listTools(pool)).map(({ name }) => name);
    expect(names).toEqual(known.map(({ name }) => name));
    await publishTools(pool, () => []);
  }
});

test('the tools of an MCP server that is still connecting stay listed', async () => {
  await publishTools(pool, () => [tool('old'), { ...tool('other'), source: 'mcp:slow' }]);
  await publishTools(
    pool,
    () => [tool('new')],
    () => ['mcp:slow'],
  );
  expect((await listTools(pool)).map(({ name }) => name)).toEqual(['new', 'other']);
  await publishTools(pool, () => []);
});

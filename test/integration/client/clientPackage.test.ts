import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';

const run = promisify(execFile);
const bound = { timeout: 60_000 };
let api: TestApi;
let folder: string;

/** What `npm pack` makes of the client, unpacked into the `node_modules` of an empty project. */
beforeAll(async () => {
  api = await startTestApi();
  folder = await mkdtemp(join(tmpdir(), 'client-package-'));
  const source = join(folder, 'source');
  await cp('client/package.json', join(source, 'package.json'));
  await cp('client/README.md', join(source, 'README.md'));
  await run(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'client', '--outDir', join(source, 'dist')],
    bound,
  );
  await run('npm', ['pack', '--pack-destination', folder], { ...bound, cwd: source });
  await run('mkdir', ['-p', join(folder, 'node_modules/durable-turns-client')]);
  const { version } = JSON.parse(await readFile('client/package.json', 'utf8')) as { version: string };
  const packed = join(folder, `durable-turns-client-${version}.tgz`);
  await run('tar', ['xzf', packed, '--strip-components=1', '-C', join(folder, 'node_modules/durable-turns-client')]);
}, 180_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await api.close();
}, 60_000);

/** Runs a module in the project that has nothing but the package. */
async function runModule(code: string): Promise<unknown> {
  const file = join(folder, 'main.mjs');
  await writeFile(file, `import * as turns from 'durable-turns-client';\n${code}`);
  const { stdout } = await run(process.execPath, [file], bound);
  return JSON.parse(stdout);
}

test('the packed client has types, and a version that is the service’s', async () => {
  const types = await readFile(join(folder, 'node_modules/durable-turns-client/dist/index.d.ts'), 'utf8');
  expect(types).toContain('createClient');
  const versions = await Promise.all(
    ['client/package.json', 'package.json'].map(async (file) => JSON.parse(await readFile(file, 'utf8')).version),
  );
  expect(versions[0]).toBe(versions[1]);
});

test('the packed client works in Node without another package: it posts a turn, and reads its events over SSE', async () => {
  const chat = await api.client.newChat();
  const seen = await runModule(`
    const client = turns.createClient({ baseUrl: ${JSON.stringify(api.url)}, WebSocket: null });
    const turn = await client.postTurn(${JSON.stringify(chat.id)}, { text: 'Is the lamp lit?' });
    const kinds = [];
    for await (const frame of client.frames(${JSON.stringify(chat.id)})) {
      if (frame.type === 'event') kinds.push(frame.kind);
      if (frame.type === 'event' && frame.turnId === turn.id) break;
    }
    console.log(JSON.stringify({ chatId: turn.chatId, kinds }));
  `);
  expect(seen).toEqual({ chatId: chat.id, kinds: ['chat_created', 'user_turn'] });
});

test('the packed client says what the service refused', async () => {
  const refused = await runModule(`
    const client = turns.createClient({ baseUrl: ${JSON.stringify(api.url)} });
    const problem = await client.getChat('chat_none').catch((error) => error);
    const ended = await client.frames('chat_none').next().catch((error) => error);
    console.log(JSON.stringify([problem instanceof turns.ApiError, problem.code, ended instanceof turns.FollowError, ended.code]));
  `);
  expect(refused).toEqual([true, 'chat_not_found', true, 'chat_not_found']);
});

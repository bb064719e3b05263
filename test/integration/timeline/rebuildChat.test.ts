import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../../db/core/ids.js';
import { transaction } from '../../../db/core/pool.js';
import { projectionTables } from '../../../db/projections/index.js';
import { appendEvents, lockChat } from '../../../db/timeline/log.js';
import { readProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { rebuildChat } from '../../../db/timeline/rebuild/rebuildChat.js';
import type { NewEvent } from '../../../domain/log/events.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { tellStory } from '../../support/chats/timeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { scriptArgs } from '../../support/service/scriptArgs.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

/** A chat with memories, edges, versions and a rewind. */
async function fullChat(): Promise<string> {
  const seeded = await seedChat(database.pool);
  const story = tellStory(database.pool, seeded);
  await story.sayAgain(await story.say('One', 'First reply'), 'Another reply');
  await story.say('Two', 'Second reply');
  return seeded.chatId;
}

/** A chat with rows in every projection, and the strategy of this number, which no other chat may have. */
async function chatWithAllRows(strategyId: number): Promise<string> {
  const { pool } = database;
  const chatId = await fullChat();
  const documentId = newId('doc');
  await pool.query("insert into documents (id, owner, title, body) values ($1, $2, 'Tale', 'Old words.')", [
    documentId,
    owner,
  ]);
  await pool.query('update chats set document_id = $2 where id = $1', [chatId, documentId]);
  await append(chatId, [
    {
      kind: 'story_event_planned',
      data: { eventId: newId('evt'), title: 'A storm', description: 'It comes.', artifacts: {} },
    },
    { kind: 'object_acquired', data: { ownerId: 'you', name: 'a lamp' } },
    { kind: 'strategy_link', data: { strategyId, isSaved: true } },
  ]);
  const edit = { original: 'Old', proposed: 'New', reason: 'Better.' };
  const [call] = await append(chatId, [
    { kind: 'tool_call_start', data: { id: 'call_1', name: 'propose_edit', arguments: edit } },
  ]);
  const proposal = { messageSeq: call!.seq, changeIds: [newId('chg')], count: 1 };
  await append(chatId, [{ kind: 'changes_proposed', data: proposal as never }]);
  return chatId;
}

let strategies = 100;
const newStrategy = () => {
  strategies += 1;
  return strategies;
};

const append = (chatId: string, events: NewEvent[]) =>
  transaction(database.pool, async (tx) => {
    await lockChat(tx, chatId);
    return appendEvents(tx, { chatId, turnId: null, step: `test:${newId('evt')}` }, events);
  });

/** A wrong value for a row of each projection. */
const wrongValues: Record<string, string> = {
  scenes: "container = 'elsewhere'",
  edges: "summary = 'They never met.'",
  memories: "text = 'nothing'",
  story_events: "status = 'completed'",
  objects: "name = 'a sword'",
  changes: "state = 'accepted'",
  chat_projections: "message_count = message_count + 3, name = 'wrong'",
  chat_summaries: 'message_count = 0',
};

/** A memory is lost, an edge has another value, and there is a scene that no event has opened. */
async function damage(chatId: string): Promise<void> {
  const { pool } = database;
  await pool.query(
    'delete from memories where (chat_id, id) in (select chat_id, id from memories where chat_id = $1 limit 1)',
    [chatId],
  );
  await pool.query("update edges set affinity = affinity + 1 where chat_id = $1 and source_id = 'you'", [chatId]);
  await pool.query(
    `insert into scenes select (jsonb_populate_record(s, '{"id":"scn_never"}')).* from scenes s where chat_id = $1 limit 1`,
    [chatId],
  );
}

const damaged = [
  { table: 'edges', missing: 0, extra: 0, changed: 1, examples: [expect.stringContaining('you')] },
  { table: 'memories', missing: 1, extra: 0, changed: 0, examples: [expect.stringContaining('mem_')] },
  { table: 'scenes', missing: 0, extra: 1, changed: 0, examples: ['["scn_never"]'] },
];

/** `npm run rebuild`, with its exit code and what it prints. */
const run = (...args: string[]) =>
  new Promise<{ code: unknown; said: string }>((resolve) => {
    const env = { ...process.env, DATABASE_URL: database.url, DATABASE_DIRECT_URL: '' };
    execFile(process.execPath, scriptArgs('scripts/rebuild.ts', ...args), { env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, said: stdout + stderr }),
    );
  });

describe('a rebuild of a chat', () => {
  test('finds no difference in a chat whose projections are what its log gives, and changes no row', async () => {
    const chatId = await fullChat();
    expect(await rebuildChat(database.pool, chatId, { check: false })).toEqual({
      outcome: 'compared',
      differences: [],
    });
  });

  test('names what differs by table, repairs it, and only compares with check', async () => {
    const chatId = await fullChat();
    const right = await readProjections(database.pool, chatId);
    await damage(chatId);
    const wrong = await readProjections(database.pool, chatId);
    expect(await rebuildChat(database.pool, chatId, { check: true })).toEqual({
      outcome: 'compared',
      differences: damaged,
    });
    expect(await readProjections(database.pool, chatId)).toEqual(wrong);
    expect(await rebuildChat(database.pool, chatId, { check: false })).toMatchObject({ differences: damaged });
    expect(await readProjections(database.pool, chatId)).toEqual(right);
  });

  test.each(projectionTables.map(({ table }) => table))(
    'finds and repairs lost, changed and added rows of %s',
    async (table) => {
      const { pool } = database;
      const chatId = await chatWithAllRows(newStrategy());
      const right = await readProjections(pool, chatId);
      const count = right[table]!.length;
      expect(count).toBeGreaterThan(0);
      const repair = async () => (await rebuildChat(pool, chatId, { check: false })) as { differences: object[] };

      await pool.query(`update ${table} set ${wrongValues[table]} where chat_id = $1`, [chatId]);
      expect((await repair()).differences).toMatchObject([{ table, missing: 0, extra: 0, changed: count }]);
      await pool.query(`delete from ${table} where chat_id = $1`, [chatId]);
      expect((await repair()).differences).toMatchObject([{ table, missing: count, extra: 0, changed: 0 }]);
      // These have one row in each chat.
      if (!table.startsWith('chat_')) {
        const other = await chatWithAllRows(newStrategy());
        const key = table === 'objects' ? ', seq = seq + 1000' : '';
        await pool.query(`update ${table} set chat_id = $1${key} where chat_id = $2`, [chatId, other]);
        expect((await repair()).differences).toMatchObject([{ table, missing: 0, extra: count, changed: 0 }]);
      }
      expect(await readProjections(pool, chatId)).toEqual(right);
    },
    30_000,
  );

  test('leaves a strategy with the chat that has linked it since the row of this one was damaged', async () => {
    const [first, second] = [await chatWithAllRows(7), await fullChat()];
    await database.pool.query('update chat_projections set strategy_id = null where chat_id = $1', [first]);
    await append(second, [{ kind: 'strategy_link', data: { strategyId: 7, isSaved: true } }]);
    await rebuildChat(database.pool, first, { check: false });
    const { rows } = await database.pool.query('select chat_id as id from chat_projections where strategy_id = 7');
    expect(rows).toEqual([{ id: second }]);
    expect(await rebuildChat(database.pool, first, { check: false })).toMatchObject({ differences: [] });
  });

  test('repairs the settings of an agent, which are a column of its chat', async () => {
    const { chatId } = await seedChat(database.pool);
    const settings = { created: '{"model":"a"}', changed: '{"model":"z"}' };
    await database.pool.query('update chats set created_settings = $2, settings = $3 where id = $1', [
      chatId,
      settings.created,
      settings.changed,
    ]);
    expect(await rebuildChat(database.pool, chatId, { check: false })).toMatchObject({
      differences: [{ table: 'chats.settings', changed: 1 }],
    });
  });

  test('leaves a chat alone while a turn holds its floor, and knows no chat that is not there', async () => {
    const { chatId } = await seedChat(database.pool);
    await claim(database.pool, chatId);
    expect(await rebuildChat(database.pool, chatId, { check: false })).toEqual({ outcome: 'busy' });
    expect(await rebuildChat(database.pool, 'chat_none', { check: true })).toEqual({ outcome: 'unknown_chat' });
  });

  test('exits with 0 when nothing differed, 1 when something did, and 2 with a sentence when it can not compare', async () => {
    const chatId = await fullChat();
    await damage(chatId);
    expect(await run(chatId, '--check')).toMatchObject({ code: 1, said: expect.stringContaining('edges: 0 missing') });
    expect(await run(chatId)).toMatchObject({ code: 1, said: expect.stringContaining('memories: 1 missing') });
    expect(await run(chatId)).toMatchObject({ code: 0 });
    expect(await run('chat_none')).toEqual({ code: 2, said: 'There is no chat chat_none.\n' });
    expect(await run()).toMatchObject({ code: 2, said: expect.stringContaining('npm run rebuild') });
  }, 120_000);
});

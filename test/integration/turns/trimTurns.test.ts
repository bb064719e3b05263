import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { transaction } from '../../../db/core/pool.js';
import { lockTurn } from '../../../db/turns/lockTurn.js';
import { beginStep } from '../../../db/turns/steps.js';
import { spentTables, trimTurns } from '../../../db/turns/trimTurns.js';
import { readTurn, readTurnStatus } from '../../../db/turns/turnView.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startReply } from '../../support/provider/reply.js';

const HOUR_MS = 3_600_000;
const tables = [
  'drafts',
  'draft_chunks',
  'turn_steps',
  'model_calls',
  'agent_steps',
  'agent_iterations',
  'tool_calls',
] as const;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());
beforeEach(() => database.pool.query('truncate turns cascade'));

/** Rows as a turn of an agent leaves them; `1` and `2` are the chat and the number of turns. */
const rowsOfTurns = [
  `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, rank, user_turn_seq, request_hash, when_failed, finished_at)
   select $1 || ':' || n, '', '', $1, '${owner}', 'agent', 'completed', n, n, '', 'fail', now() - n * interval '2 hours'
   from generate_series(1, $2::integer) n`,
  `insert into drafts (turn_id, beat, chat_id, speaker_id, user_turn_seq, status, epoch, attempt)
   select $1 || ':' || n, 0, $1, 'assistant', n, 'landed', 1, 0 from generate_series(1, $2::integer) n`,
  `insert into draft_chunks (turn_id, beat, epoch, channel, "offset", text)
   select $1 || ':' || n, 0, 1, 'text', 0, 'left' from generate_series(1, $2::integer) n`,
  `insert into turn_steps (turn_id, name, status) select $1 || ':' || n, 'parse', 'done' from generate_series(1, $2::integer) n`,
  `insert into model_calls (turn_id, step, attempt) select $1 || ':' || n, 'parse', 9 from generate_series(1, $2::integer) n`,
  `insert into agent_iterations (turn_id, iteration, text, thinking, model, finish_reason)
   select $1 || ':' || n, 0, 'text', '', 'm', 'stop' from generate_series(1, $2::integer) n`,
  `insert into agent_steps (turn_id, index, id, type, iteration)
   select $1 || ':' || n, i, n || ':' || i, 'text', 0 from generate_series(1, $2::integer) n, generate_series(0, 2) i`,
  `insert into tool_calls (turn_id, call_id, iteration, position, name, arguments, status)
   select $1 || ':' || n, 'call_' || i, 0, i, 'calculate', '{}', 'done'
   from generate_series(1, $2::integer) n, generate_series(0, 2) i`,
];

async function seedEndedTurns(count: number): Promise<string> {
  const { chatId } = await seedChat(database.pool);
  for (const statement of rowsOfTurns) await database.pool.query(statement, [chatId, count]);
  return chatId;
}

async function countRows(): Promise<Record<(typeof tables)[number], number>> {
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`);
  return (await database.pool.query(`select ${counts.join(', ')}`)).rows[0];
}

const none = Object.fromEntries(tables.map((table) => [table, 0]));
const trim = (more: { withinMs?: number; olderThanMs?: number; onProgress?: () => void } = {}) =>
  trimTurns(database.pool, { olderThanMs: HOUR_MS, withinMs: 100_000, ...more });
const viewOf = (turnId: string) => readTurn(database.pool, { turnId, owner });

test('every table whose rows refer to a turn is among those that are removed', async () => {
  const { rows } = await database.pool.query(
    `select distinct conrelid::regclass::text as table from pg_constraint
     where contype = 'f' and confrelid in ('turns'::regclass, 'drafts'::regclass) order by 1`,
  );
  expect(rows.map((row) => row.table)).toEqual(spentTables.map(({ table }) => table).sort());
});

describe('the rows of turns that ended long ago', () => {
  test('are removed in short transactions, and the resource of each turn stays as it was', async () => {
    const chatId = await seedEndedTurns(2_000);
    const sample = [`${chatId}:1`, `${chatId}:1500`, `${chatId}:2000`];
    const before = await Promise.all(sample.map(viewOf));
    expect(before[0]?.steps.map(({ name }) => name)).toEqual([
      'parse',
      'reply:0',
      'tool:call_0',
      'tool:call_1',
      'tool:call_2',
    ]);
    const statusBefore = await readTurnStatus(database.pool, sample[0]!);
    let transactions = 0;
    const trimmed = await trim({
      onProgress: () => {
        transactions += 1;
      },
    });
    expect(trimmed).toBe(2_000);
    expect(transactions).toBeGreaterThanOrEqual(80);
    expect(await countRows()).toEqual(none);
    const { rows } = await database.pool.query('select count(*) as left from turns where trimmed_at is null');
    expect(rows).toEqual([{ left: 0 }]);
    const after = await Promise.all(sample.map(viewOf));
    // The text that was left in a checkpoint of a reply that did not land is no part of the turn.
    const beats = before.map((view) => view?.beats.map((beat) => ({ ...beat, text: '' })));
    expect(after).toEqual(before.map((view, at) => ({ ...view, beats: beats[at] })));
    expect(await readTurnStatus(database.pool, sample[0]!)).toEqual(statusBefore);
    expect(await trim()).toBe(0);
  }, 120_000);

  test('of one turn are removed over several transactions when they are many', async () => {
    const chatId = await seedEndedTurns(1);
    await database.pool.query(
      `insert into agent_steps (turn_id, index, id, type, iteration)
       select $1, i, i::text, 'text', 0 from generate_series(10, 1700) i`,
      [`${chatId}:1`],
    );
    const before = await viewOf(`${chatId}:1`);
    let transactions = 0;
    await trim({
      onProgress: () => {
        transactions += 1;
      },
    });
    expect(transactions).toBeGreaterThanOrEqual(4);
    expect(await countRows()).toEqual(none);
    expect((await viewOf(`${chatId}:1`))?.steps).toEqual(before?.steps);
  });

  test('stay while the turn runs, waits for an operator, or ended a short time ago', async () => {
    const chatId = await seedEndedTurns(3);
    await database.pool.query("update turns set finished_at = now() - interval '59 minutes' where id = $1", [
      `${chatId}:1`,
    ]);
    await database.pool.query("update turns set status = 'awaiting_operator', finished_at = null where id = $1", [
      `${chatId}:2`,
    ]);
    await database.pool.query("update turns set status = 'running', finished_at = null where id = $1", [`${chatId}:3`]);
    const before = await countRows();
    expect(await trim()).toBe(0);
    expect(await countRows()).toEqual(before);
  });

  test('stay for a call that a person decided on', async () => {
    const chatId = await seedEndedTurns(1);
    await database.pool.query("update tool_calls set approved = true where call_id = 'call_1'");
    expect(await trim()).toBe(1);
    expect(await countRows()).toEqual({ ...none, tool_calls: 1 });
    expect((await viewOf(`${chatId}:1`))?.steps.map(({ name }) => name)).toContain('tool:call_2');
  });

  test('are removed by one process at a time, and the time limit ends a pass after its transaction', async () => {
    await seedEndedTurns(100);
    expect(await trim({ withinMs: 0 })).toBe(25);
    const [one, other] = await Promise.all([trim(), trim()]);
    expect(one + other).toBe(75);
    expect(await countRows()).toEqual(none);
  });
});

test('a turn runs to its end while rows of ended turns are removed, and is not waited for', async () => {
  const { pool } = database;
  await seedEndedTurns(100);
  const { chatId } = await seedChat(pool);
  const reply = await startReply(pool, { publish: () => undefined }, chatId);
  await reply.say('The lamp ');
  const trimming = await transaction(pool, async (tx) => {
    await lockTurn(tx, reply.turnId);
    return trim();
  });
  expect(trimming).toBe(100);
  await seedEndedTurns(100);
  const more = trim();
  await beginStep(pool, { turnId: reply.turnId, name: 'parse' }, 0);
  await reply.say('is lit.');
  await reply.land();
  await reply.finish();
  const { turn } = await claim(pool, chatId);
  expect(turn.status).toBe('running');
  expect(await more).toBe(100);
  expect((await viewOf(reply.turnId))?.beats[0]?.text).toBe('The lamp is lit.');
});

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { chatTables, deleteChat, purgeDeletedChats } from '../../../db/chats/deleteChat.js';
import { deleteWorkflowsOfChats } from '../../../db/chats/workflowDeletions.js';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { readOpenTurns } from '../../../db/turns/openTurns.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { until } from '../../support/until.js';

jest.setTimeout(60_000);

const never = new AbortController().signal;

/** Makes the chat long: turns of twenty events each, with a reply, a step and a memory. */
async function lengthen(pool: Pool, chatId: string, turns: number): Promise<void> {
  const statements = [
    `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, rank, user_turn_seq, request_hash, when_failed)
     select $1 || ':' || n, '', '', $1, '${owner}', 'narrative', 'completed', n, n, '', 'fail' from generate_series(1, $2::integer) n`,
    `insert into drafts (turn_id, beat, chat_id, speaker_id, user_turn_seq, status)
     select $1 || ':' || n, 0, $1, 'x', n, 'landed' from generate_series(1, $2::integer) n`,
    `insert into turn_steps (turn_id, name, status) select $1 || ':' || n, 'parse', 'done' from generate_series(1, $2::integer) n`,
    `insert into memories (chat_id, id, text, witnesses, chat_clock, written_seq, written_at)
     select $1, 'mem_' || n, repeat('word ', 100), '[]', n, n, now() from generate_series(1, $2::integer) n`,
    `insert into events (chat_id, seq, kind, turn_id, step, n, data)
     select $1, c.seq + (n - 1) * 20 + e, 'reasoning', $1 || ':' || n, 'long', e, jsonb_build_object('reasoning', repeat('word ', 20))
     from chats c, generate_series(1, $2::integer) n, generate_series(1, 20) e where c.id = $1`,
  ];
  for (const statement of statements) await pool.query(statement, [chatId, turns]);
  await pool.query('update chats set seq = (select max(seq) from events where chat_id = $1) where id = $1', [chatId]);
}

async function rowsOf(pool: Pool, chatId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of [...chatTables.map((each) => each.table), 'drafts', 'chats', 'chat_deletions']) {
    const column = table === 'chats' ? 'id' : 'chat_id';
    const { rows } = await pool.query(`select count(*) as count from ${table} where ${column} = $1`, [chatId]);
    if (rows[0].count > 0) counts[table] = rows[0].count;
  }
  return counts;
}

describe('the deletion of a chat over the api', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  }, 60_000);
  afterAll(() => api?.close());

  test('removes a chat of 40,000 events for readers at once, and its rows soon after', async () => {
    const { pool } = api.database;
    const chat = await api.client.newChat();
    const kept = await api.client.newChat();
    const { hostId } = chat as unknown as { hostId: string };
    const running = await api.client.postTurn(chat.id, 'one');
    const queued = await api.client.postTurn(chat.id, 'two');
    await lengthen(pool, chat.id, 2_000);
    expect((await rowsOf(pool, chat.id)).events).toBeGreaterThan(40_000);

    const begunAt = Date.now();
    expect((await api.client.send('DELETE', `/v1/chats/${chat.id}`)).status).toBe(204);
    expect(Date.now() - begunAt).toBeLessThan(5_000);
    const paths = [
      `/v1/chats/${chat.id}`,
      `/v1/chats/${chat.id}/events`,
      `/v1/chats/${chat.id}/messages`,
      `/v1/turns/${running.id}`,
      `/v1/turns/${queued.id}`,
    ];
    for (const path of paths) expect([path, (await api.client.send('GET', path)).status]).toEqual([path, 404]);
    expect((await api.client.send('POST', `/v1/turns/${running.id}/cancel`)).status).toBe(404);
    expect((await api.client.send('DELETE', `/v1/chats/${chat.id}`)).status).toBe(404);
    expect((await readOpenTurns(pool)).turns).toEqual([]);
    expect((await api.client.send('DELETE', `/v1/characters/${hostId}`)).status).toBe(204);

    await until('the rows are gone', async () => (Object.keys(await rowsOf(pool, chat.id)).length === 0 ? true : null));
    expect((await api.client.getChat(kept.id)).seq).toBeGreaterThan(0);
    expect((await api.client.postTurn(kept.id, 'still here')).status).toBe('running');
  });

  test('is completed by the next api when the first one is killed', async () => {
    const { pool, url } = api.database;
    const chat = await api.client.newChat();
    await lengthen(pool, chat.id, 100);
    await deleteChat(pool, owner, chat.id);
    expect((await rowsOf(pool, chat.id)).turns).toBeGreaterThan(0);
    const next = await startTestApi({ env: { DATABASE_URL: url } });
    try {
      await until('the rows are gone', async () =>
        Object.keys(await rowsOf(pool, chat.id)).length === 0 ? true : null,
      );
    } finally {
      await next.close();
    }
  });
});

describe('a purge of a deleted chat', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  }, 60_000);
  afterAll(() => database?.drop());

  async function deletedChat(turns: number): Promise<string> {
    const { chatId } = await seedChat(database.pool);
    await claim(database.pool, chatId);
    await lengthen(database.pool, chatId, turns);
    expect(await deleteChat(database.pool, owner, chatId)).toMatchObject({ found: true });
    return chatId;
  }

  test('that is interrupted continues where it was', async () => {
    const chatId = await deletedChat(100);
    const before = await rowsOf(database.pool, chatId);
    let looks = 0;
    const afterTwoBatches = {
      get aborted() {
        looks += 1;
        return looks > 2;
      },
    } as AbortSignal;
    await purgeDeletedChats(database.pool, afterTwoBatches);
    const middle = await rowsOf(database.pool, chatId);
    expect(middle.events).toBeGreaterThan(0);
    expect(middle.events).toBeLessThan(before.events ?? 0);
    await purgeDeletedChats(database.pool, never);
    expect(await rowsOf(database.pool, chatId)).toEqual({});
  });

  test('makes its batches smaller when a statement times out', async () => {
    const chatId = await deletedChat(20);
    await database.pool.query(
      `create function slowly() returns trigger language plpgsql as 'begin perform pg_sleep(0.005); return old; end'`,
    );
    await database.pool.query('create trigger slow before delete on events for each row execute function slowly()');
    const impatient = createPool(database.url, { max: 1, statementTimeoutMs: 500 });
    try {
      await purgeDeletedChats(impatient, never);
      expect(await rowsOf(database.pool, chatId)).toEqual({});
    } finally {
      await impatient.end();
      await database.pool.query('drop trigger slow on events');
    }
  });

  test('may run twice at the same time', async () => {
    const chats = [await deletedChat(60), await deletedChat(60), await deletedChat(60)];
    await Promise.all([1, 2, 3].map(() => purgeDeletedChats(database.pool, never)));
    await purgeDeletedChats(database.pool, never);
    for (const chatId of chats) expect(await rowsOf(database.pool, chatId)).toEqual({});
  });

  test('also finds the rows of a chat whose row was deleted by hand', async () => {
    const { chatId } = await seedChat(database.pool);
    await database.pool.query('delete from chats where id = $1', [chatId]);
    await purgeDeletedChats(database.pool, never);
    expect(await rowsOf(database.pool, chatId)).toEqual({});
  });

  test('knows every table that holds rows of a chat', async () => {
    const { rows } = await database.pool.query(
      "select table_name as name from information_schema.columns where column_name = 'chat_id' and table_schema = 'public'",
    );
    // Drafts go with their turns; the others are lists of what is to be deleted.
    const others = ['drafts', 'chat_deletions', 'workflow_deletions'];
    const known = [...chatTables.map(({ table }) => table), ...others];
    expect(rows.map(({ name }) => name).sort()).toEqual(known.sort());
  });
});

describe('the deletion of the workflows of a deleted chat', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  }, 60_000);
  afterAll(() => database?.drop());

  /** Lets so many seconds pass for the deletions. */
  const later = (seconds: number) =>
    database.pool.query(
      `update workflow_deletions set not_before = not_before - $1 * interval '1 s', deleted_at = deleted_at - $1 * interval '1 s',
         first_look_at = first_look_at - $1 * interval '1 s'`,
      [seconds],
    );
  const left = async () => (await database.pool.query('select from workflow_deletions')).rowCount;

  test('continues when Temporal is back, until a while after its first answer, because its list lags behind', async () => {
    const { chatId } = await seedChat(database.pool);
    await deleteChat(database.pool, owner, chatId);
    const look = (found: number) => deleteWorkflowsOfChats(database.pool, async () => found, never);
    const away = async () => {
      throw new Error('Temporal is away');
    };
    for (let n = 0; n < 3; n++) {
      await expect(deleteWorkflowsOfChats(database.pool, away, never)).rejects.toThrow('Temporal is away');
      await later(60);
    }
    await look(0);
    await later(5);
    await look(0); // not due
    expect(await left()).toBe(1);
    await later(7);
    await look(1);
    expect(await left()).toBe(1);
    await later(7);
    await look(0);
    expect(await left()).toBe(0);
  });
});

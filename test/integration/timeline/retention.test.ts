import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deleteExpiredChats } from '../../../db/chats/retention.js';
import { transaction } from '../../../db/core/pool.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startTestApi } from '../../support/service/api.js';
import { until } from '../../support/until.js';

const never = new AbortController().signal;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

/** A chat whose newest event is so many days old. */
async function chatOfAge(days: number, of = owner): Promise<string> {
  const { chatId } = await seedChat(database.pool, of);
  await database.pool.query(
    `update chats set created_at = now() - interval '400 days', last_event_at = now() - $2 * interval '1 day' where id = $1`,
    [chatId, days],
  );
  return chatId;
}

const left = async () => (await database.pool.query('select id from chats order by id')).rows.map(({ id }) => id);

describe('retention', () => {
  test('deletes the chats of all owners that had no activity for so many days, and no other', async () => {
    await chatOfAge(31);
    await chatOfAge(31, 'another');
    await chatOfAge(300, 'third');
    const kept = [await chatOfAge(29), await chatOfAge(0, 'another'), await chatOfAge(29.9, 'fourth')];
    expect(await deleteExpiredChats(database.pool, 30, never)).toBe(3);
    expect(await left()).toEqual(kept.sort());
    expect(await deleteExpiredChats(database.pool, 30, never)).toBe(0);
    await database.pool.query('delete from chats');
  });

  test('leaves a chat with a turn that runs, waits for the floor or waits for an operator', async () => {
    const states = ['running', 'queued', 'awaiting_operator', 'completed'];
    const chats: string[] = [];
    for (const status of states) {
      const chatId = await chatOfAge(0);
      const { turn } = await claim(database.pool, chatId);
      await database.pool.query('update turns set status = $2 where id = $1', [turn.id, status]);
      await database.pool.query(
        "update chats set active_turn_id = case when $2 = 'running' then active_turn_id end, last_event_at = now() - interval '90 days' where id = $1",
        [chatId, status],
      );
      chats.push(chatId);
    }
    expect(await deleteExpiredChats(database.pool, 30, never)).toBe(1);
    expect(await left()).toEqual(chats.slice(0, 3).sort());
    await database.pool.query('delete from chats');
  });

  test('leaves a chat that another transaction has locked, and deletes it once that has ended without an event', async () => {
    await chatOfAge(40);
    await transaction(database.pool, async (tx) => {
      await tx.query('select from chats for no key update');
      expect(await deleteExpiredChats(database.pool, 30, never)).toBe(0);
    });
    expect(await deleteExpiredChats(database.pool, 30, never)).toBe(1);
  });

  test('deletes each chat once when several processes run it at the same time', async () => {
    for (let n = 0; n < 70; n++) await chatOfAge(40, `owner ${n % 3}`);
    const counts = await Promise.all([1, 2, 3].map(() => deleteExpiredChats(database.pool, 30, never)));
    const rest = await deleteExpiredChats(database.pool, 30, never);
    expect(counts.reduce((sum, count) => sum + count, rest)).toBe(70);
    expect(await left()).toEqual([]);
  });

  test('leaves a fork and an import of an old chat until they are that old themselves', async () => {
    const source = await chatOfAge(0);
    await database.pool.query("update events set at = at - interval '90 days' where chat_id = $1", [source]);
    const api = await startTestApi({ database });
    try {
      const fork = await api.client.send<{ id: string }>('POST', `/v1/chats/${source}/fork`, { atSeq: 1 });
      const body = await (await fetch(`${api.url}/v1/chats/${source}/export`)).text();
      const headers = { 'content-type': 'application/x-ndjson' };
      const imported = await fetch(`${api.url}/v1/chats/import`, { method: 'POST', headers, body });
      expect([fork.status, imported.status]).toEqual([201, 201]);
      const copies = [fork.body.id, ((await imported.json()) as { id: string }).id];
      await database.pool.query("update chats set last_event_at = now() - interval '90 days' where id = $1", [source]);
      expect(await deleteExpiredChats(database.pool, 30, never)).toBe(1);
      expect(await left()).toEqual(copies.sort());
      await database.pool.query("update chats set created_at = now() - interval '31 days'");
      expect(await deleteExpiredChats(database.pool, 30, never)).toBe(2);
    } finally {
      await api.close();
    }
  }, 60_000);

  test('runs in an api with RETENTION_DAYS, which counts the chats and purges their rows', async () => {
    await database.pool.query('delete from chats');
    const chatId = await chatOfAge(8);
    const kept = await chatOfAge(6);
    const api = await startTestApi({ database, env: { RETENTION_DAYS: '7' } });
    try {
      await until('the rows are purged', async () => {
        const { rowCount } = await database.pool.query('select from events where chat_id = $1', [chatId]);
        return rowCount === 0 ? true : null;
      });
      expect(await left()).toEqual([kept]);
      expect(await (await fetch(`${api.url}/metrics`)).text()).toMatch(/^durable_turns_chats_expired_total 1$/m);
    } finally {
      await api.close();
    }
  }, 60_000);
});

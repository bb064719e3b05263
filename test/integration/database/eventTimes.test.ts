import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { transaction } from '../../../db/core/pool.js';
import { forkChat } from '../../../db/timeline/fork.js';
import { appendEvents, lockChat, readEvents } from '../../../db/timeline/log.js';
import { rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import type { NewEvent } from '../../../domain/log/events.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

jest.setTimeout(30_000);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

const said = (text: string): NewEvent => ({ kind: 'system_message', data: { text } });

const append = (chatId: string, step: string, started?: Promise<void>) =>
  transaction(database.pool, async (tx) => {
    await tx.query('select now()');
    await started;
    await lockChat(tx, chatId);
    return appendEvents(tx, { chatId, turnId: null, step }, [said(step)]);
  });

async function times(chatId: string): Promise<string[]> {
  return (await readEvents(database.pool, chatId, { after: 0, limit: 1_000 })).map(({ at }) => at);
}

test('an event has the time of its append, not that of the begin of its transaction', async () => {
  const { chatId } = await seedChat(database.pool);
  let go = () => {};
  const early = append(
    chatId,
    'begins first',
    new Promise<void>((resolve) => {
      go = resolve;
    }),
  );
  await append(chatId, 'begins second');
  go();
  await early;
  const at = await times(chatId);
  expect(at).toEqual([...at].sort());
});

test('the times of events do not run backwards when the clock of Postgres does', async () => {
  const { chatId } = await seedChat(database.pool);
  // What the clock said before it was set back by an hour.
  await database.pool.query("update events set at = at + interval '1 hour' where chat_id = $1", [chatId]);
  await database.pool.query("update chats set last_event_at = last_event_at + interval '1 hour' where id = $1", [
    chatId,
  ]);
  await append(chatId, 'after the step');
  const at = await times(chatId);
  expect(at).toEqual([...at].sort());
  expect(at.at(-1)).toBe(at.at(-2));
});

test('a rebuild changes no time of an event, and a fork keeps the times and continues from them', async () => {
  const { chatId } = await seedChat(database.pool);
  await append(chatId, 'one');
  const before = await times(chatId);
  await rebuildProjections(database.pool, chatId);
  expect(await times(chatId)).toEqual(before);
  await database.pool.query("update events set at = at + interval '1 hour' where chat_id = $1", [chatId]);
  const source = await times(chatId);
  const fork = await forkChat(database.pool, { chatId, owner, atSeq: source.length });
  const copied = await times(fork.id);
  expect(source).toEqual(expect.arrayContaining(copied.slice(1)));
  await append(fork.id, 'two');
  const at = await times(fork.id);
  expect(at).toEqual([...at].sort());
});

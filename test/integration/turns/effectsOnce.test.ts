import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { transaction } from '../../../db/core/pool.js';
import { appendEvents, lockChat, readEvents } from '../../../db/timeline/log.js';
import { readProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { claim, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

test('an effect whose key is in the log is refused, and leaves the log and its projections as they were', async () => {
  const { pool } = database;
  const { chatId, hostId } = await seedChat(pool);
  const { turn } = await claim(pool, chatId);
  const appendUpdate = () =>
    transaction(pool, async (tx) => {
      await lockChat(tx, chatId);
      const data = {
        sourceId: hostId,
        targetId: 'you',
        affinityDelta: 5,
        trustDelta: 5,
        knowledgeFacts: [],
        lastInteractionAt: new Date().toISOString(),
      };
      return appendEvents(tx, { chatId, turnId: turn.id, step: `state_update:${hostId}>you:0` }, [
        { kind: 'edge_update', data },
      ]);
    });
  const log = () => readEvents(pool, chatId, { after: 0, limit: 100, includeHidden: true });

  await appendUpdate();
  const [logBefore, rowsBefore] = [await log(), await readProjections(pool, chatId)];
  await expect(appendUpdate()).rejects.toMatchObject({ code: '23505' });
  expect(await log()).toEqual(logBefore);
  expect(await readProjections(pool, chatId)).toEqual(rowsBefore);
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createListener, type Listener } from '../../../db/core/listen.js';
import { notifyTurnStatus } from '../../../db/core/notify.js';
import { createPool, type Tx, transaction } from '../../../db/core/pool.js';
import { appendEvents, lockChat } from '../../../db/timeline/log.js';
import { inParallel } from '../../../lib/inParallel.js';
import { seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
let listener: Listener;
let chatId: string;
let seqs: number[];
let statuses: string[];

beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());
beforeEach(async () => {
  chatId = (await seedChat(database.pool)).chatId;
  [seqs, statuses] = [[], []];
  listener = createListener({ url: database.url });
  listener.onChange((id, seq) => void (id === chatId && seqs.push(seq)));
  listener.onStatus((id, turnId) => void (id === chatId && statuses.push(turnId)));
  await new Promise<void>((resolve) => listener.onListening(resolve));
});
afterEach(() => listener.close());

const untilSeq = (seq: number) => until(`seq ${seq} is notified`, async () => (seqs.includes(seq) ? true : null));

async function append(tx: Tx, step: string): Promise<void> {
  await lockChat(tx, chatId);
  await appendEvents(tx, { chatId, turnId: null, step }, [{ kind: 'system_message', data: { text: step } }]);
}

test('a transaction that is rolled back notifies gateways of nothing', async () => {
  const refused = transaction(database.pool, async (tx) => {
    await append(tx, 'refused');
    notifyTurnStatus(tx, chatId, 'turn_refused');
    throw new Error('rolled back');
  });
  await expect(refused).rejects.toThrow('rolled back');
  await transaction(database.pool, (tx) => append(tx, 'kept'));
  notifyTurnStatus(database.pool, chatId, 'turn_kept');
  await untilSeq(3);
  await until('the status is notified', async () => (statuses.length > 0 ? true : null));
  expect(statuses).toEqual(['turn_kept']);
  expect(new Set(seqs.filter((seq) => seq > 2))).toEqual(new Set([3]));
});

test('many commits at once lead to at most one notifying statement in 5 ms, and to the highest seq', async () => {
  const begunAt = performance.now();
  const steps = Array.from({ length: 200 }, (_, n) => `many:${n}`);
  await inParallel(steps, 8, (step) => transaction(database.pool, (tx) => append(tx, step)));
  await untilSeq(202);
  expect(seqs.length).toBeLessThanOrEqual((performance.now() - begunAt) / 5 + 2);
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
});

test('a pool that ends first sends the notifications of its last commits', async () => {
  const pool = createPool(database.url, { max: 2 });
  await transaction(pool, (tx) => append(tx, 'last'));
  await pool.end();
  await untilSeq(3);
});

test('a notification outside of a transaction and of a pool is an error', async () => {
  const client = await database.pool.connect();
  try {
    expect(() => notifyTurnStatus(client, chatId, 'turn_1')).toThrow('no transaction');
  } finally {
    client.release();
  }
});

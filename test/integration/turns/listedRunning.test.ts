import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createTurnEngine, type TurnEngine } from '../../../engine/turnEngine.js';
import { claim, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { until } from '../../support/until.js';

const deadline = { deadlineMs: 5_000 };
let database: TestDatabase;
let connection: Connection;
let engine: TurnEngine;
beforeAll(async () => {
  database = await createTestDatabase();
  connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS! });
  // No worker polls the queue: the workflows stay as they are.
  engine = createTurnEngine({ client: new Client({ connection }), taskQueue: `no-worker-${randomUUID()}` });
}, 60_000);
afterAll(async () => {
  await connection.close();
  await database.drop();
});

async function startedTurn(): Promise<string> {
  const { chatId } = await seedChat(database.pool);
  const { turn, start } = await claim(database.pool, chatId);
  await engine.start(start!, deadline);
  return turn.id;
}

test('Temporal lists the turns whose workflow runs, and neither closed nor unknown ones', async () => {
  const turnIds = await Promise.all([startedTurn(), startedTurn(), startedTurn()]);
  const listed = () => engine.listRunning([...turnIds, randomUUID()], deadline);
  const listsOnly = (count: number) => async () => ((await listed()).size === count ? true : null);
  await until('all are listed', listsOnly(3));
  const [ended = '', ...others] = turnIds;
  await engine.terminate(ended, 'by the test', deadline);
  await until('the closed one is not listed', listsOnly(2));
  expect([...(await listed())].toSorted()).toEqual(others.toSorted());
  await Promise.all(others.map((turnId) => engine.terminate(turnId, 'by the test', deadline)));
  expect(await engine.listRunning([], deadline)).toEqual(new Set());
}, 60_000);

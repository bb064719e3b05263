import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { readEvents } from '../../../db/timeline/log.js';
import { markStop } from '../../../db/turns/stop.js';
import { readTurn, type TurnView } from '../../../db/turns/turnView.js';
import { createTurnEngine, type TurnEngine } from '../../../engine/turnEngine.js';
import { claim, owner, seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { stateOf } from '../../support/service/processes.js';
import { startWorkerProcess, type WorkerProcess } from '../../support/service/workerProcess.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
let pool: Pool;
let provider: ScriptedProvider;
let connection: Connection;
let engine: TurnEngine;
let environment: Record<string, string>;
const workers: WorkerProcess[] = [];
const taskQueue = `two-workers-${process.pid}`;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 10 });
  provider = await startScriptedProvider();
  const address = process.env.TEST_TEMPORAL_ADDRESS!;
  connection = await Connection.connect({ address });
  engine = createTurnEngine({ client: new Client({ connection }), taskQueue });
  environment = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TASK_QUEUE: taskQueue,
    OPENAI_BASE_URL: provider.baseUrl,
    GATEWAY_URL: 'http://127.0.0.1:9',
    WORKER_DRAIN_SECONDS: '0',
  };
}, 120_000);
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  provider.unscript();
}, 60_000);
afterAll(async () => {
  await connection.close();
  await provider.close();
  await pool.end();
  await database.drop();
}, 60_000);

const startWorker = async () => {
  const worker = await startWorkerProcess(environment);
  workers.push(worker);
  return worker;
};
const ended = (turnId: string, withinMs?: number): Promise<TurnView> =>
  until(
    'the turn ends',
    async () => {
      const turn = await readTurn(pool, { turnId, owner });
      return turn?.finishedAt ? turn : null;
    },
    withinMs,
  );
const textSoFar = (turnId: string, text: string) =>
  until(`the text is "${text}"`, async () =>
    (await readTurn(pool, { turnId, owner }))?.beats[0]?.text === text ? true : null,
  );

test('a frozen worker that continues after another took its reply over writes nothing', async () => {
  const frozen = await startWorker();
  const { chatId } = await seedChat(pool);
  provider.script({ steps: [{ text: 'from the frozen ' }] }, { steps: [] });
  const { turn, start } = await claim(pool, chatId);
  await engine.start(start!, { deadlineMs: 5_000 });
  const first = await provider.nextRequest(undefined, 20_000);
  await textSoFar(turn.id, 'from the frozen ');

  frozen.kill('SIGSTOP');
  await until('the worker stands still', async () => (stateOf(frozen.pid) === 'T' ? true : null));
  await startWorker();
  // The frozen worker's polls are open at the server for up to a minute, and each swallows a retry.
  const second = await provider.nextRequest(undefined, 75_000);
  await second.send('from the other ');
  await textSoFar(turn.id, 'from the other ');

  frozen.kill('SIGCONT');
  await first.send('and its ghost ');
  await first.left();
  await second.send('worker');
  await second.finish();

  expect(await ended(turn.id)).toMatchObject({
    status: 'completed',
    beats: [{ text: 'from the other worker', epoch: 2, truncated: false }],
  });
  const events = await readEvents(pool, chatId, { after: 0, limit: 100, includeHidden: true });
  expect(events.filter((event) => event.kind === 'assistant_turn')).toHaveLength(1);
}, 180_000);

test('a worker that stops without a drain hands its reply over, and counts no failure', async () => {
  const leaving = await startWorker();
  const { chatId } = await seedChat(pool);
  provider.script({ steps: [{ text: 'half ' }] }, whole('the whole'));
  const { turn, start } = await claim(pool, chatId);
  await engine.start(start!, { deadlineMs: 5_000 });
  const first = await provider.nextRequest(undefined, 20_000);
  await textSoFar(turn.id, 'half ');
  await startWorker();
  await leaving.stop();
  await first.left();
  expect(await ended(turn.id)).toMatchObject({
    status: 'completed',
    beats: [{ text: 'the whole', epoch: 2, attempt: 2 }],
  });
  const { rows } = await pool.query('select failures, last_error from drafts where turn_id = $1', [turn.id]);
  expect(rows).toEqual([{ failures: 0, last_error: null }]);
}, 120_000);

test('a turn that is cancelled ends as cancelled when its worker is lost before it answers the cancellation', async () => {
  const lost = await startWorker();
  const { chatId } = await seedChat(pool);
  provider.script({ steps: [{ text: 'said so far' }] });
  const { turn, start } = await claim(pool, chatId);
  await engine.start(start!, { deadlineMs: 5_000 });
  await provider.nextRequest(undefined, 20_000);
  await textSoFar(turn.id, 'said so far');

  // Only the other worker can tell the workflow of the stop; the stream's own worker can not answer it.
  lost.kill('SIGSTOP');
  await until('the worker stands still', async () => (stateOf(lost.pid) === 'T' ? true : null));
  await startWorker();
  await markStop(pool, { turnId: turn.id, owner });
  await engine.requestStop(turn.id, { deadlineMs: 5_000 });

  const view = await ended(turn.id, 75_000);
  expect(view).toMatchObject({ status: 'cancelled', beats: [{ text: 'said so far', truncated: true }] });
  expect(view.error).toBeUndefined();
}, 180_000);

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { Turn } from '../../../client/src/index.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { startWorkerProcess, type WorkerProcess } from '../../support/service/workerProcess.js';
import { scrape } from '../../support/telemetry/exposition.js';
import { reconciling } from '../../support/temporal/reconciling.js';
import { buildWorkflowBundles, type WorkflowBundles } from '../../support/temporal/workflowBundles.js';
import { until } from '../../support/until.js';

/** The contract's bound, from the first failure on; a worker that has just started needs a moment for that. */
const passedOnWithinMs = 60_000;

/** The event that a reset goes back to; the type wants a Long, the wire takes a number. */
const afterFirstTask = 4 as unknown as Long;

const taskQueue = `failing-workflow-${process.pid}`;
const temporalAddress = String(process.env.TEST_TEMPORAL_ADDRESS);

let api: TestApi;
let provider: ScriptedProvider;
let connection: Connection;
let temporal: Client;
let bundles: WorkflowBundles;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  bundles = await buildWorkflowBundles();
  provider = await startScriptedProvider();
  connection = await Connection.connect({ address: temporalAddress });
  temporal = new Client({ connection });
  api = await startTestApi({ env: { TASK_QUEUE: taskQueue } });
}, 120_000);
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  provider.unscript();
}, 60_000);
afterAll(async () => {
  await api?.close();
  await connection?.close();
  await provider?.close();
  await bundles?.dispose();
}, 60_000);

async function startWorker(env: Record<string, string> = {}): Promise<WorkerProcess> {
  const worker = await startWorkerProcess({
    DATABASE_URL: api.database.url,
    TEMPORAL_ADDRESS: temporalAddress,
    TASK_QUEUE: taskQueue,
    OPENAI_BASE_URL: provider.baseUrl,
    GATEWAY_URL: 'http://127.0.0.1:9',
    WORKFLOW_BUNDLE: bundles.whole,
    // A reply in flight goes to the next worker at once
    WORKER_DRAIN_SECONDS: '0',
    ...env,
  });
  workers.push(worker);
  return worker;
}
const startBrokenWorker = async (turnId: string, how: 'throws' | 'differs') =>
  startWorker({ WORKFLOW_BUNDLE: await bundles.breaking(turnId, how) });

const suits = (turnId: string, what: string, check: (turn: Turn) => boolean, withinMs = 30_000) =>
  until(
    what,
    async () => {
      const turn = await api.client.getTurn(turnId);
      return check(turn) ? turn : null;
    },
    withinMs,
  );
/** The reconciler has to look for it. */
const noticed = (turnId: string, what: string, check: (turn: Turn) => boolean) =>
  reconciling(temporal, taskQueue, () => suits(turnId, what, check, passedOnWithinMs));
const passedOn = (turnId: string) =>
  noticed(turnId, 'the floor is passed on', ({ status }) => status === 'awaiting_operator');
const eventsOf = async (chatId: string, turnId: string) =>
  (await api.client.events(chatId)).filter((event) => event.turnId === turnId);
const repliesOf = async (chatId: string, turnId: string) =>
  (await eventsOf(chatId, turnId)).filter(({ kind }) => kind === 'assistant_turn');
const requestsOf = (turnId: string) =>
  provider.requests.filter(({ requestId }) => requestId?.startsWith(`${turnId}/reply`));

const nextReply = (turnId: string) =>
  provider.nextRequest(({ requestId }) => Boolean(requestId?.startsWith(`${turnId}/reply`)), 30_000);

async function reset(turnId: string): Promise<void> {
  const { runId } = await temporal.workflow.getHandle(turnId).describe();
  await temporal.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: turnId, runId },
    workflowTaskFinishEventId: afterFirstTask,
    requestId: `reset-${turnId}`,
    reason: 'by a test',
  });
}

/** A turn whose reply has begun, and another that waits for its floor. */
async function begin() {
  const worker = await startWorker();
  const chat = await api.client.newChat();
  provider.script(() => ({ steps: [{ text: 'half ' }] }));
  const turn = await api.client.postTurn(chat.id, 'one');
  await nextReply(turn.id);
  await suits(turn.id, 'the text is in a checkpoint', ({ beats }) => beats[0]?.text === 'half ');
  const next = await api.client.postTurn(chat.id, 'two');
  return { worker, chat, turn, next };
}

test('a turn whose workflow does not replay is failing, keeps its landed effects, passes the floor on, and ends after a reset', async () => {
  const { worker, chat, turn, next } = await begin();
  worker.kill('SIGKILL');
  await startBrokenWorker(turn.id, 'differs');
  const again = await nextReply(turn.id);
  provider.unscript();
  await again.send('and the rest');
  await again.finish();

  const failing = await noticed(turn.id, 'it is failing', ({ engine }) => engine === 'failing');
  expect(failing.beats).toMatchObject([{ text: 'half and the rest', truncated: false }]);
  const waiting = await passedOn(turn.id);
  expect(waiting).toMatchObject({ engine: 'failing', beats: [{ text: 'half and the rest', status: 'done' }] });
  expect((await suits(next.id, 'the next turn ends', ({ finishedAt }) => finishedAt !== undefined)).status).toBe(
    'completed',
  );
  expect(await api.client.getChat(chat.id)).toMatchObject({ activeTurnId: null, queue: [] });
  const metrics = await scrape(`${api.url}/metrics`);
  expect(metrics.value('durable_turns_turns_failing', { kind: 'narrative' })).toBe(1);
  expect(metrics.value('durable_turns_turns_failing_oldest_seconds', { kind: 'narrative' })).toBeGreaterThan(0);

  await Promise.all(workers.splice(0).map((each) => each.stop()));
  await startWorker();
  await reset(turn.id);
  const ended = await suits(turn.id, 'it ends', ({ finishedAt }) => finishedAt !== undefined);
  expect(ended).toMatchObject({ status: 'completed', engine: 'ok' });
  expect(await repliesOf(chat.id, turn.id)).toHaveLength(1);
  expect((await eventsOf(chat.id, turn.id)).map(({ kind }) => kind)).toContain('memory_written');
}, 240_000);

test('a turn whose workflow fails while its reply streams keeps the text so far, and requests no other reply after a reset', async () => {
  const { worker, chat, turn, next } = await begin();
  worker.kill('SIGKILL');
  await startBrokenWorker(turn.id, 'throws');
  const again = await nextReply(turn.id);
  provider.unscript();
  await again.send('of it');
  await suits(turn.id, 'the text is in a checkpoint', ({ beats }) => beats[0]?.text === 'half of it');
  await temporal.workflow.getHandle(turn.id).signal('approve', { callId: 'none', approved: true });

  await passedOn(turn.id);
  // The worker that streams learns with its next token that the reply is closed.
  await again.send(' in vain');
  await again.left();
  await suits(next.id, 'the next turn ends', ({ status }) => status === 'completed');
  const before = await repliesOf(chat.id, turn.id);
  expect(before).toMatchObject([
    { data: { text: 'half of it', truncated: true, error: { code: 'workflow_failing' } } },
  ]);
  const asked = requestsOf(turn.id).length;

  await Promise.all(workers.splice(0).map((each) => each.stop()));
  await startWorker();
  await reset(turn.id);
  const ended = await suits(turn.id, 'it ends', ({ finishedAt }) => finishedAt !== undefined);
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'workflow_failing' } });
  expect(await repliesOf(chat.id, turn.id)).toEqual(before);
  expect(requestsOf(turn.id)).toHaveLength(asked);
}, 240_000);

test('a turn whose workflow never ran a step adds no reply after the turns that followed it', async () => {
  const chat = await api.client.newChat();
  const turn = await api.client.postTurn(chat.id, 'one');
  const next = await api.client.postTurn(chat.id, 'two');
  await startBrokenWorker(turn.id, 'throws');
  await passedOn(turn.id);
  await suits(next.id, 'the next turn ends', ({ status }) => status === 'completed');

  await Promise.all(workers.splice(0).map((each) => each.stop()));
  await startWorker();
  await reset(turn.id);
  const ended = await suits(turn.id, 'it ends', ({ finishedAt }) => finishedAt !== undefined);
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'workflow_failing' }, beats: [] });
  expect(requestsOf(turn.id)).toEqual([]);
  const third = await api.client.postTurn(chat.id, 'three');
  await suits(third.id, 'the chat goes on', ({ status }) => status === 'completed');
}, 240_000);

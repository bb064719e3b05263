import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { Turn } from '../../../client/src/index.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { startWorkerProcess, type WorkerProcess } from '../../support/service/workerProcess.js';
import { scrape } from '../../support/telemetry/exposition.js';
import { reconciling } from '../../support/temporal/reconciling.js';
import { runReconcile } from '../../support/temporal/runReconcile.js';
import { startTemporalServer, type TemporalServer } from '../../support/temporal/temporalServer.js';
import { until } from '../../support/until.js';

const taskQueue = `other-namespace-${process.pid}`;
const home = String(process.env.TEST_TEMPORAL_ADDRESS);

let other: TemporalServer;
let provider: ScriptedProvider;
let api: TestApi;
const opened: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  provider = await startScriptedProvider();
  other = await startTemporalServer();
  api = await startTestApi({ env: { TASK_QUEUE: taskQueue } });
}, 120_000);
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  provider.unscript();
}, 60_000);
afterAll(async () => {
  await api?.close();
  await other?.stop();
  await provider?.close();
}, 60_000);

async function startWorker(temporal: string): Promise<WorkerProcess> {
  const worker = await startWorkerProcess({
    DATABASE_URL: api.database.url,
    TEMPORAL_ADDRESS: temporal,
    TASK_QUEUE: taskQueue,
    OPENAI_BASE_URL: provider.baseUrl,
    GATEWAY_URL: 'http://127.0.0.1:9',
    // A reply in flight goes to the next worker at once
    WORKER_DRAIN_SECONDS: '0',
  });
  opened.push({ close: () => worker.stop() });
  return worker;
}

/** Another api on the same chats. */
async function startApi(temporal: string): Promise<TestApi> {
  const started = await startTestApi({ temporal, env: { DATABASE_URL: api.database.url, TASK_QUEUE: taskQueue } });
  opened.push(started);
  return started;
}

const suits = (of: TestApi, turnId: string, what: string, check: (turn: Turn) => boolean) =>
  until(what, async () => {
    const turn = await of.client.getTurn(turnId);
    return check(turn) ? turn : null;
  });
const ends = (turnId: string) => suits(api, turnId, 'the turn ends', ({ finishedAt }) => finishedAt !== undefined);

async function connected<T>(temporal: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: temporal });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** What the next pass of the reconciler that works with this Temporal records. */
async function nextPass(temporal: string): Promise<{ elsewhere: number; missing: number }> {
  const { pool } = api.database;
  const { rows } = await pool.query<{ now: Date }>('select now()');
  const passed = () =>
    until('a pass of the reconciler', async () => {
      const passed = await pool.query('select elsewhere, missing from reconciler where passed_at > $1', [rows[0]?.now]);
      return (passed.rows[0] as { elsewhere: number; missing: number } | undefined) ?? null;
    });
  return connected(temporal, (client) => reconciling(client, taskQueue, passed));
}

/** The reconciler leaves a turn alone that was started less than ten seconds ago. */
async function oldEnough(turnId: string): Promise<void> {
  const { rows } = await api.database.pool.query('select started_at from turns where id = $1', [turnId]);
  await until('the turn is old enough to be looked after', async () =>
    Date.now() - (rows[0].started_at as Date).getTime() > 10_000 ? true : null,
  );
}

const readyz = (of: TestApi) =>
  of.client.send<{ checks: Record<string, string>; detail?: string }>('GET', '/readyz').then(({ status, body }) => ({
    status,
    reconciler: body.checks.reconciler,
  }));

const reconcile = (temporal: string, ...args: string[]) =>
  runReconcile(args, {
    DATABASE_URL: api.database.url,
    TEMPORAL_ADDRESS: temporal,
    TASK_QUEUE: taskQueue,
    DATA_DIR: '/nonexistent',
  });

const nextReply = (turnId: string) =>
  provider.nextRequest(({ requestId }) => Boolean(requestId?.startsWith(`${turnId}/reply`)), 30_000);

async function begin() {
  const chat = await api.client.newChat();
  provider.script(() => ({ steps: [{ text: 'half ' }] }));
  const turn = await api.client.postTurn(chat.id, 'one');
  await nextReply(turn.id);
  await suits(api, turn.id, 'the text is in a checkpoint', ({ beats }) => beats[0]?.text === 'half ');
  return { chat, turn };
}

test('a service that is pointed at another Temporal closes no turn, is not ready, and ends its turns when it is pointed back', async () => {
  const worker = await startWorker(home);
  const { chat, turn } = await begin();
  const queued = await api.client.postTurn(chat.id, 'two');
  await worker.stop();

  const misled = await startWorker(other.address);
  const away = await startApi(other.address);
  await oldEnough(turn.id);
  expect(await nextPass(other.address)).toEqual({ elsewhere: 1, missing: 0 });
  expect(await away.client.getTurn(turn.id)).toMatchObject({ status: 'running', engine: 'unreachable' });
  expect((await away.client.cancelTurn(queued.id)).status).toBe(204);
  expect(await readyz(away)).toEqual({
    status: 503,
    reconciler: expect.stringContaining('1 turn was started in another Temporal namespace'),
  });
  const metrics = await scrape(`${away.url}/metrics`);
  expect(metrics.value('durable_turns_reconciler_refused_turns', { reason: 'other_namespace' })).toBe(1);
  // Asked again and again, it is not closed either.
  await nextPass(other.address);
  expect((await away.client.getTurn(turn.id)).status).toBe('running');
  await misled.stop();

  await startWorker(home);
  const again = await nextReply(turn.id);
  await again.send('and the rest');
  await again.finish();
  expect(await ends(turn.id)).toMatchObject({ status: 'completed', beats: [{ text: 'half and the rest' }] });
  expect(await nextPass(home)).toEqual({ elsewhere: 0, missing: 0 });
  expect((await readyz(api)).reconciler).toBe('ok');
}, 240_000);

test('a turn that was accepted for one Temporal is not started in another', async () => {
  const chat = await api.client.newChat();
  const key = { 'Idempotency-Key': 'k' };
  const path = `/v1/chats/${chat.id}/turns`;
  const accepted = await api.client.send<{ turn: Turn }>('POST', path, { text: 'one' }, key);
  const { id } = accepted.body.turn;
  const away = await startApi(other.address);
  expect((await away.client.send('POST', path, { text: 'one' }, key)).status).toBe(202);
  await startWorker(other.address);
  await until('a pass leaves it alone', async () => ((await nextPass(other.address)).elsewhere === 1 ? true : null));
  await connected(other.address, (client) => expect(client.workflow.getHandle(id).describe()).rejects.toThrow());
  await startWorker(home);
  expect((await ends(id)).status).toBe('completed');
}, 240_000);

test('many turns that are not found at once are not closed, since Temporal may have lost its data', async () => {
  const worker = await startWorker(home);
  const begun: Awaited<ReturnType<typeof begin>>[] = [];
  for (let n = 0; n < 5; n++) begun.push(await begin());
  await worker.stop();
  await connected(home, async ({ workflow, workflowService }) => {
    for (const { turn } of begun)
      await workflowService.deleteWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: turn.id },
      });
    for (const { turn } of begun)
      await until('the workflow is gone', () =>
        workflow
          .getHandle(turn.id)
          .describe()
          .then(
            () => null,
            () => true as const,
          ),
      );
  });
  // A pass that finds few of them missing closes those
  for (const { turn } of begun) await oldEnough(turn.id);
  await startWorker(home);
  await until('a pass refuses to close them', async () => ((await nextPass(home)).missing === 5 ? true : null));
  // On a busy machine a check may take longer than its second; the next one answers.
  const answer = await until('/readyz names the turns', async () => {
    const { status, reconciler } = await readyz(api);
    return reconciler?.includes('5 turns were not found') ? { status } : null;
  });
  expect(answer).toEqual({ status: 503 });
  for (const { turn } of begun) expect((await api.client.getTurn(turn.id)).status).toBe('running');

  expect(await reconcile(home)).toMatchObject({ code: 1, output: expect.stringContaining('5 turns were not found') });
  expect(await reconcile(home, '--accept-namespace')).toMatchObject({
    code: 0,
    output: expect.stringContaining('5 were closed'),
  });
  for (const { turn } of begun)
    expect(await ends(turn.id)).toMatchObject({
      status: 'failed',
      error: { code: 'workflow_lost' },
      beats: [{ text: 'half ', truncated: true }],
    });
  expect((await readyz(api)).reconciler).toBe('ok');
}, 240_000);

test('turns of a lost Temporal run again in another one when an operator confirms it', async () => {
  const worker = await startWorker(home);
  const { chat, turn } = await begin();
  await worker.stop();
  expect(await reconcile(other.address)).toMatchObject({ code: 1, output: expect.stringContaining('in another') });
  expect(await reconcile(other.address, '--accept-namespace', '--restart')).toMatchObject({ code: 0 });
  const away = await startApi(other.address);
  await startWorker(other.address);
  const again = await nextReply(turn.id);
  await again.send('and the rest');
  await again.finish();
  const ended = await suits(away, turn.id, 'the turn ends', ({ finishedAt }) => finishedAt !== undefined);
  expect(ended).toMatchObject({ status: 'completed', beats: [{ text: 'half and the rest' }] });
  // The workflow that was given up ends without an effect, should its Temporal come back.
  const before = await api.client.events(chat.id, { includeHidden: true });
  await startWorker(home);
  await connected(home, (client) => client.workflow.getHandle(turn.id).result());
  expect(await api.client.events(chat.id, { includeHidden: true })).toEqual(before);
}, 240_000);

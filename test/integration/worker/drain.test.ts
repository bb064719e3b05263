import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { listTools } from '../../../db/agents/tools.js';
import { createChat } from '../../../db/chats/newChat.js';
import { markStop } from '../../../db/turns/stop.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import type { ProviderCall } from '../../support/provider/scriptedProvider.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { buildToolServer } from '../../support/provider/tools/buildToolServer.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';
import type { WorkerProcess } from '../../support/service/workerProcess.js';
import { until } from '../../support/until.js';

let fleet: WorkerFleet;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-turns-tools-'));
  const args = [await buildToolServer(folder)];
  const tools = { name: 'tools', transport: 'stdio', command: process.execPath, args };
  fleet = await startWorkerFleet('drain', { MCP_SERVERS: JSON.stringify([tools]) });
}, 120_000);
afterEach(async () => {
  await fleet.endWorkers();
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
}, 60_000);
afterAll(async () => {
  await fleet?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** A worker with a reply of a chat in flight, whose first piece is kept. */
async function streaming(env: Record<string, string> = {}) {
  const worker = await fleet.start(env);
  const { chatId } = await seedChat(fleet.pool);
  fleet.provider.script({ steps: [{ text: 'half ' }] });
  const turnId = await fleet.begin(chatId);
  const call = await fleet.provider.nextRequest(undefined, 20_000);
  await fleet.untilText(turnId, 'half ');
  return { worker, turnId, call };
}

const attemptsAt = (turnId: string) =>
  fleet.provider.requests.filter(({ requestId }) => requestId?.startsWith(`${turnId}/reply:0/`)).length;

const isClassifier = (name: string) => (call: ProviderCall) => call.body.response_format?.json_schema?.name === name;

const newAgentChat = () =>
  createChat(fleet.pool, owner, {
    kind: 'agent',
    title: null,
    documentId: null,
    settings: { enabledTools: ['delegate', 'mcp_tools_slow'] },
  });

const untilRunning = (turnId: string) =>
  until('the tool runs', async () => {
    const { rows } = await fleet.pool.query('select from tool_calls where turn_id = $1 and attempts > 0', [turnId]);
    return rows.length > 0 ? true : null;
  });

async function drained(worker: WorkerProcess): Promise<void> {
  worker.kill('SIGTERM');
  await untilSaid(worker, 'the worker drains: it takes no new tasks');
}

async function untilSaid(worker: WorkerProcess, message: string): Promise<void> {
  await until(`the worker says "${message}"`, async () => (worker.said().includes(message) ? true : null));
}

describe('a worker that gets SIGTERM', () => {
  test('finishes its reply with one request to the provider, and exits as soon as the reply has ended', async () => {
    const { worker, turnId, call } = await streaming();
    await drained(worker);
    const other = await fleet.start();
    await call.send('and ');
    await fleet.untilText(turnId, 'half and ');
    expect(other.pid).not.toBe(worker.pid);
    await call.send('half');
    await call.finish();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({
      status: 'completed',
      beats: [{ text: 'half and half', epoch: 1, attempt: 1 }],
    });
    expect(attemptsAt(turnId)).toBe(1);
  }, 120_000);

  test('takes no new task, while another worker runs new turns and the follow-ups of the reply', async () => {
    const { worker, turnId, call } = await streaming();
    const { chatId } = await seedChat(fleet.pool);
    await drained(worker);
    await fleet.start();
    const begun = await Promise.all([1, 2, 3].map(async () => fleet.begin((await seedChat(fleet.pool)).chatId)));
    begun.push(await fleet.begin(chatId));
    for (const id of begun) expect(await fleet.ended(id)).toMatchObject({ status: 'completed' });
    await call.finish();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed' });
  }, 120_000);

  test('exits at once when it has nothing to do', async () => {
    const worker = await fleet.start();
    const before = performance.now();
    worker.kill('SIGTERM');
    expect(await worker.gone).toBe(0);
    expect(performance.now() - before).toBeLessThan(5_000);
  }, 120_000);

  test('stops a reply that its user stops during the drain, and keeps the text', async () => {
    const { worker, turnId } = await streaming();
    await drained(worker);
    await fleet.start();
    await markStop(fleet.pool, { turnId, owner });
    await fleet.engine.requestStop(turnId, { deadlineMs: 5_000 });
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'cancelled', beats: [{ text: 'half ' }] });
    expect(await worker.gone).toBe(0);
    expect(attemptsAt(turnId)).toBe(1);
  }, 120_000);

  test('hands its activities over when the drain time is over, and counts no failure', async () => {
    const { worker, turnId, call } = await streaming({ WORKER_DRAIN_SECONDS: '1' });
    await drained(worker);
    await fleet.start();
    fleet.provider.script(whole('the whole'));
    await call.left();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({
      status: 'completed',
      beats: [{ text: 'the whole', epoch: 2, attempt: 2 }],
    });
    const { rows } = await fleet.pool.query('select failures, last_error from drafts where turn_id = $1', [turnId]);
    expect(rows).toEqual([{ failures: 0, last_error: null }]);
  }, 120_000);

  test('hands its activities over at once at a second SIGTERM', async () => {
    const { worker, turnId, call } = await streaming();
    await drained(worker);
    await fleet.start();
    fleet.provider.script(whole('the whole'));
    worker.kill('SIGTERM');
    await call.left();
    expect(await worker.gone).toBe(0);
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed', beats: [{ text: 'the whole', epoch: 2 }] });
  }, 120_000);

  test('lets the tool of an agent finish, which is called once', async () => {
    const worker = await fleet.start();
    await until('the tools are listed', async () =>
      /mcp_tools_slow/.test(JSON.stringify(await listTools(fleet.pool))) ? true : null,
    );
    const { id } = await newAgentChat();
    const slow = tool('a', 'mcp_tools_slow', { ms: 4_000, word: 'tea' });
    fleet.provider.script(asking([slow]), whole('Here is your tea.'));
    const turnId = await fleet.begin(id);
    await fleet.provider.nextRequest(undefined, 20_000);
    await untilRunning(turnId);
    await drained(worker);
    await fleet.start();
    const turn = await fleet.ended(turnId);
    expect(turn).toMatchObject({ status: 'completed', beats: [{ text: 'Here is your tea.' }] });
    const results = fleet.provider.requests.at(-1)?.body.messages.filter(({ role }) => role === 'tool');
    expect(results).toMatchObject([{ content: 'slow tea' }]);
    expect(await worker.gone).toBe(0);
  }, 120_000);

  test('lets the request of a sub-agent finish, which is made once', async () => {
    const worker = await fleet.start();
    const { id } = await newAgentChat();
    const delegated = tool('d', 'delegate', { task: 'Count.', instructions: '' });
    fleet.provider.script(asking([delegated]), { steps: [{ text: 'thr' }] }, whole('It says three.'));
    const turnId = await fleet.begin(id);
    const of = (step: string) => fleet.provider.requests.filter(({ requestId }) => requestId?.includes(step));
    const asked = await fleet.provider.nextRequest(({ requestId }) => requestId?.includes('tool:') ?? false, 20_000);
    await drained(worker);
    await fleet.start();
    await asked.send('ee');
    await asked.finish();
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed', beats: [{ text: 'It says three.' }] });
    expect(of('tool:')).toHaveLength(1);
    expect(await worker.gone).toBe(0);
  }, 120_000);

  test('lets the requests of classifiers finish, each of which is made once', async () => {
    const worker = await fleet.start();
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.script(whole('A reply.'));
    fleet.provider.classify(({ name }) =>
      name === 'significance' ? { json: { score: 2 }, afterMs: 4_000 } : undefined,
    );
    const turnId = await fleet.begin(chatId);
    await fleet.provider.nextRequest(isClassifier('significance'), 20_000);
    await drained(worker);
    await fleet.start();
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed', warnings: [] });
    expect(fleet.provider.requests.filter(isClassifier('significance'))).toHaveLength(1);
    expect(await worker.gone).toBe(0);
  }, 120_000);
});

test('a tool call whose worker was lost twenty times is not made again, and the agent reads that', async () => {
  await fleet.start();
  const chat = await createChat(fleet.pool, owner, {
    kind: 'agent',
    title: null,
    documentId: null,
    settings: { enabledTools: ['calculate'] },
  });
  await fleet.pool.query('alter table tool_calls alter column attempts set default 20');
  try {
    fleet.provider.script(asking([tool('c', 'calculate', { expression: '6*7' })]), whole('I see.'));
    const turnId = await fleet.begin(chat.id);
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed', beats: [{ text: 'I see.' }] });
    const { rows } = await fleet.pool.query('select success, result from tool_calls where turn_id = $1', [turnId]);
    expect(rows).toMatchObject([{ success: false, result: expect.stringContaining('tool_interrupted') }]);
  } finally {
    await fleet.pool.query('alter table tool_calls alter column attempts set default 0');
  }
}, 120_000);

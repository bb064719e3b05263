import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createProbes } from '../../../api/service/probes.js';
import { createChat } from '../../../db/chats/newChat.js';
import { createConnectedNamespace } from '../../../engine/namespace.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';
import type { WorkerProcess } from '../../support/service/workerProcess.js';
import { until } from '../../support/until.js';

let fleet: WorkerFleet;
let turns: WorkerProcess;
let streams: WorkerProcess;
beforeAll(async () => {
  fleet = await startWorkerFleet('roles');
  [turns, streams] = await Promise.all([
    fleet.start({ WORKER_ROLES: 'turns' }),
    fleet.start({ WORKER_ROLES: 'streams' }),
  ]);
}, 240_000);
afterEach(() => {
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
});
afterAll(() => fleet?.close(), 60_000);

const attemptsAt = (turnId: string) =>
  fleet.provider.requests.filter(({ requestId }) => requestId?.startsWith(`${turnId}/reply:0/`)).length;

/** The task queues of a turn's activities that are not local, by activity. */
async function queuesOf(workflowId: string): Promise<Record<string, string>> {
  const { events } = await fleet.client.workflow.getHandle(workflowId).fetchHistory();
  return Object.fromEntries(
    (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: task }) =>
      task ? [[task.activityType?.name ?? '', (task.taskQueue?.name ?? '').replace(fleet.taskQueue, '')]] : [],
    ),
  );
}

describe('workers of different roles', () => {
  test('are all needed, and the probe names each role without a polling worker', async () => {
    const { pool, client, taskQueue } = fleet;
    const namespace = createConnectedNamespace(client);
    const probes = createProbes({ pool, client, namespace, taskQueue, hub: { connectedWorkers: () => 1 } });
    const missing = `no worker polls for classifiers (task queue ${taskQueue}-classifiers)`;
    await until(missing, async () => ((await probes.worker?.()) === missing ? true : null));
    const classifiers = await fleet.start({ WORKER_ROLES: 'classifiers' });
    expect(classifiers.said()).toContain('worker is ready');
    await until('all roles are polled', async () => ((await probes.worker?.()) === null ? true : null));
  }, 120_000);

  test('share a turn, whose reply streams in one process while its classifiers run in another', async () => {
    const { chatId } = await seedChat(fleet.pool);
    const turnId = await fleet.begin(chatId);
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed', warnings: [] });
    expect(await queuesOf(turnId)).toMatchObject({ streamReply: '-streams', classify: '-classifiers' });
  }, 120_000);

  test('share an agent turn, whose iterations, tools and sub-agents run in the worker of streams', async () => {
    const chat = await createChat(fleet.pool, owner, {
      kind: 'agent',
      title: null,
      documentId: null,
      settings: { enabledTools: ['delegate', 'calculate'] },
    });
    const calculate = tool('c', 'calculate', { expression: '6*7' });
    fleet.provider.script(
      asking([tool('d', 'delegate', { task: 'Count.', instructions: '' }), calculate]),
      asking([tool('e', 'calculate', { expression: '1+1' })]),
      whole('Two.'),
      whole('Done.'),
    );
    const turnId = await fleet.begin(chat.id);
    expect(await fleet.ended(turnId)).toMatchObject({ status: 'completed', beats: [{ text: 'Done.' }] });
    expect(await queuesOf(turnId)).toMatchObject({ streamIteration: '-streams', runTool: '-streams' });
    const { rows } = await fleet.pool.query<{ id: string }>(
      "select call_id as id from tool_calls where turn_id = $1 and name = 'delegate'",
      [turnId],
    );
    expect(await queuesOf(`${turnId}/${rows[0]?.id}`)).toMatchObject({ askSubagent: '-streams', runTool: '-streams' });
  }, 120_000);

  test('lose nothing of a reply when the worker of turns is killed, and it is requested once', async () => {
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.script({ steps: [{ text: 'half ' }] });
    const turnId = await fleet.begin(chatId);
    const call = await fleet.provider.nextRequest(undefined, 20_000);
    await fleet.untilText(turnId, 'half ');
    turns.kill('SIGKILL');
    await turns.gone;
    await call.send('and half');
    await fleet.untilText(turnId, 'half and half');
    turns = await fleet.start({ WORKER_ROLES: 'turns' });
    await call.finish();
    expect(await fleet.ended(turnId)).toMatchObject({
      status: 'completed',
      beats: [{ text: 'half and half', epoch: 1, attempt: 1 }],
    });
    expect(attemptsAt(turnId)).toBe(1);
  }, 120_000);

  test('take over a reply from a killed worker of streams', async () => {
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.script({ steps: [{ text: 'half ' }] }, whole('the whole'));
    const turnId = await fleet.begin(chatId);
    await fleet.provider.nextRequest(undefined, 20_000);
    await fleet.untilText(turnId, 'half ');
    const other = fleet.start({ WORKER_ROLES: 'streams' });
    streams.kill('SIGKILL');
    await streams.gone;
    streams = await other;
    expect(await fleet.ended(turnId, 60_000)).toMatchObject({ status: 'completed', beats: [{ text: 'the whole' }] });
  }, 120_000);
});

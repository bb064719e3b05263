import type { Client } from '@temporalio/client';
import type { History } from '../../../test/support/temporal/engine.js';
import { type Fault, type FaultContext, fired, missed } from './fault.js';

/** Commands to a running turn: clients stop it; operators cancel, terminate and reset its workflow. */

const closedWithinMs = 30_000;

const clientCancels: Fault = {
  name: 'client cancels',
  weight: 4,
  target: 'cancel',
  async run({ testbed, random, figures, book }) {
    const { faultProxy } = testbed.provider;
    const stream = random.pick(faultProxy.streams().filter(({ turnId }) => turnId && book.turns.has(turnId)));
    if (!stream?.turnId) return missed('no stream was in flight');
    const at = Date.now();
    const closed = faultProxy.untilAborted(stream, closedWithinMs);
    const answer = await testbed.direct.send('POST', `/v1/turns/${stream.turnId}/cancel`).catch(() => null);
    await closed;
    if (stream.endedAt !== null && stream.abortedAt === null) return missed('the reply had just ended');
    if (stream.abortedAt === null) {
      figures.cancelNeverClosed.push(stream.turnId);
      return fired(`${stream.turnId} was not closed within ${closedWithinMs} ms`);
    }
    if (answer?.status === 204) figures.cancelToClosed.push(stream.abortedAt - at);
    return fired(`${stream.turnId} was closed after ${stream.abortedAt - at} ms`);
  },
};

type Command = (client: Client, turnId: string) => Promise<string | null>;

/** Sends a command to the workflow of a turn that has not ended. It fired if Temporal shows the effect. */
function operator(name: string, weight: number, command: Command): Fault {
  return {
    name: `operator ${name}`,
    weight,
    target: 'operator',
    async run({ testbed, random, book }: FaultContext) {
      const turn = random.pick(book.open().filter(({ acceptedAt }) => Date.now() - acceptedAt < 60_000));
      if (!turn) return missed('no turn was running');
      try {
        const saw = await command(testbed.temporal, turn.turnId);
        return saw ? fired(`${turn.turnId}: ${saw}`) : missed(`${turn.turnId}: no effect was seen`);
      } catch (error) {
        return missed(`${turn.turnId}: ${String(error).slice(0, 200)}`);
      }
    },
  };
}

const has = (history: History, field: string) =>
  history.events?.some((event) => (event as Record<string, unknown>)[field] != null) ?? false;

const cancel: Command = async (client, turnId) => {
  const handle = client.workflow.getHandle(turnId);
  await handle.cancel();
  const seen = has(await handle.fetchHistory(), 'workflowExecutionCancelRequestedEventAttributes');
  return seen ? 'its history has the request' : null;
};

const terminate: Command = async (client, turnId) => {
  const handle = client.workflow.getHandle(turnId);
  await handle.terminate('chaos');
  const { status } = await handle.describe();
  return status.name === 'TERMINATED' ? 'it is terminated' : null;
};

/** Resets to the end of the first workflow task, as the Temporal UI does. */
const reset: Command = async (client, turnId) => {
  const handle = client.workflow.getHandle(turnId);
  const { runId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
  if (!first) return null;
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: turnId, runId },
    workflowTaskFinishEventId: first,
    requestId: `chaos-${turnId}-${Date.now()}`,
    reason: 'chaos',
  });
  return answer.runId === runId ? null : `run ${answer.runId} replaced ${runId}`;
};

export const commandFaults: Fault[] = [
  clientCancels,
  operator('cancels', 2, cancel),
  operator('terminates', 2, terminate),
  operator('resets', 2, reset),
];

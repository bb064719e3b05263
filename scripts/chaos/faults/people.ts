import type { Client } from '@temporalio/client';
import type { History } from '../../../test/support/temporal/engine.js';
import { type Fault, fired, missed, type Scene } from './fault.js';

/** What people do to a turn while it runs: clients stop it, operators cancel, terminate and reset its workflow. */

const closedWithinMs = 30_000;

const clientCancels: Fault = {
  name: 'client cancels',
  weight: 4,
  target: 'cancel',
  async run({ stage, dice, figures, book }) {
    const { front } = stage.provider;
    const stream = dice.pick(front.streams().filter(({ turnId }) => turnId && book.turns.has(turnId)));
    if (!stream?.turnId) return missed('no stream was in flight');
    const at = Date.now();
    const closed = front.untilLeft(stream, closedWithinMs);
    const answer = await stage.direct.cancelTurn(stream.turnId).catch(() => null);
    await closed;
    if (stream.endedAt !== null && stream.leftAt === null) return missed('the reply had just ended');
    if (stream.leftAt === null) {
      figures.cancelNeverClosed.push(stream.turnId);
      return fired(`${stream.turnId} was not left within ${closedWithinMs} ms`);
    }
    if (answer?.status === 204) figures.cancelToClosed.push(stream.leftAt - at);
    return fired(`${stream.turnId} was left after ${stream.leftAt - at} ms`);
  },
};

type Act = (client: Client, turnId: string) => Promise<string | null>;

/** Does something to the workflow of a turn that has not ended; fired if Temporal shows it. */
function operator(name: string, weight: number, act: Act): Fault {
  return {
    name: `operator ${name}`,
    weight,
    target: 'operator',
    async run({ stage, dice, book }: Scene) {
      const turn = dice.pick(book.open().filter(({ acceptedAt }) => Date.now() - acceptedAt < 60_000));
      if (!turn) return missed('no turn was running');
      try {
        const saw = await act(stage.temporal, turn.turnId);
        return saw ? fired(`${turn.turnId}: ${saw}`) : missed(`${turn.turnId}: nothing to see`);
      } catch (error) {
        return missed(`${turn.turnId}: ${String(error).slice(0, 200)}`);
      }
    },
  };
}

const has = (history: History, field: string) =>
  history.events?.some((event) => (event as Record<string, unknown>)[field] != null) ?? false;

const cancel: Act = async (client, turnId) => {
  const handle = client.workflow.getHandle(turnId);
  await handle.cancel();
  const seen = has(await handle.fetchHistory(), 'workflowExecutionCancelRequestedEventAttributes');
  return seen ? 'its history has the request' : null;
};

const terminate: Act = async (client, turnId) => {
  const handle = client.workflow.getHandle(turnId);
  await handle.terminate('chaos');
  const { status } = await handle.describe();
  return status.name === 'TERMINATED' ? 'it is terminated' : null;
};

/** Back to the end of the first task, as the button in the UI does it. */
const reset: Act = async (client, turnId) => {
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
  return answer.runId === runId ? null : `run ${answer.runId} took the place of ${runId}`;
};

export const peopleFaults: Fault[] = [
  clientCancels,
  operator('cancels', 2, cancel),
  operator('terminates', 2, terminate),
  operator('resets', 2, reset),
];

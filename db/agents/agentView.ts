import type { StepView } from '../../domain/log/frames.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { StepStatus } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';

type CallRow = { callId: string; status: 'pending' | 'awaiting_approval' | 'running' | 'done'; attempts: number };

const statuses: Record<CallRow['status'], StepStatus> = {
  pending: 'pending',
  awaiting_approval: 'pending',
  running: 'running',
  done: 'done',
};

/**
 * The steps of an agent's turn: each iteration, followed by its tool calls. A draft that streams is the last iteration.
 * In a turn that has ended, calls without a result have the status `skipped`.
 */
export async function readAgentSteps(
  db: Db,
  turn: { id: string; ended: boolean },
  draft: StepView | undefined,
): Promise<StepView[]> {
  const [iterations, calls] = await Promise.all([
    db.query<{ iteration: number }>(
      "select iteration from agent_iterations where turn_id = $1 and task_call_id = '' order by iteration",
      [turn.id],
    ),
    db.query<CallRow & { iteration: number }>(
      `select call_id as "callId", status, attempts, iteration from tool_calls
       where turn_id = $1 and task_call_id = '' order by iteration, position`,
      [turn.id],
    ),
  ]);
  const landed = iterations.rows.flatMap(({ iteration }) => [
    { name: stepName.reply(iteration), status: 'done' as const, attempts: 1 },
    ...calls.rows.filter((call) => call.iteration === iteration).map((call) => toStep(call, turn.ended)),
  ]);
  const streaming = draft && draft.status !== 'done' && draft.attempts > 0;
  return streaming ? [...landed, { ...draft, name: stepName.reply(iterations.rows.length) }] : landed;
}

const toStep = ({ callId, status, attempts }: CallRow, ended: boolean): StepView => ({
  name: stepName.tool(callId),
  status: ended && status !== 'done' ? 'skipped' : statuses[status],
  attempts,
});

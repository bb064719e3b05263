import type { StepView } from '../../domain/log/frames.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { StepStatus } from '../../domain/turns/turn.js';

type CallRow = {
  callId: string;
  status: 'pending' | 'awaiting_approval' | 'running' | 'done';
  attempts: number;
  iteration: number;
  /** Whether the turn's client runs it. */
  client: boolean;
};

const statuses: Record<CallRow['status'], StepStatus> = {
  pending: 'pending',
  awaiting_approval: 'pending',
  running: 'running',
  done: 'done',
};

/** The landed iterations of an agent's turn and its tool calls, in order, without those of sub-agents. */
export type AgentRows = { iterations: { iteration: number; attempts: number }[]; calls: CallRow[] };

/** `AgentRows` of the turn `t` as JSON. Null where it is not an agent's. */
export const agentRowsColumn = `case when t.kind = 'agent' then jsonb_build_object(
  'iterations', (select coalesce(jsonb_agg(jsonb_build_object('iteration', iteration, 'attempts', attempts) order by iteration), '[]')
    from agent_iterations where turn_id = t.id and task_call_id = ''),
  'calls', (select coalesce(jsonb_agg(jsonb_build_object('callId', call_id, 'status', status, 'attempts', attempts,
      'iteration', iteration, 'client', plan->'client' is not null) order by iteration, position), '[]')
    from tool_calls where turn_id = t.id and task_call_id = '')) end`;

/**
 * The steps of an agent's turn: each iteration, followed by its tool calls. A draft with attempts is the last iteration,
 * which streams, or has ended without landing.
 * In a turn that has ended, calls without a result have the status `skipped`; so have those that the client runs, always.
 */
export function toAgentSteps(
  { iterations, calls }: AgentRows,
  ended: boolean,
  draft: StepView | undefined,
): StepView[] {
  const landed = iterations.flatMap(({ iteration, attempts }) => [
    { name: stepName.reply(iteration), status: 'done' as const, attempts },
    ...calls.filter((call) => call.iteration === iteration).map((call) => toStep(call, ended)),
  ]);
  return draft && draft.attempts > 0 ? [...landed, { ...draft, name: stepName.reply(iterations.length) }] : landed;
}

const toStep = ({ callId, status, attempts, client }: CallRow, ended: boolean): StepView => ({
  name: stepName.tool(callId),
  status: client || (ended && status !== 'done') ? 'skipped' : statuses[status],
  attempts,
});

import type { StepView } from '../../domain/log/frames.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { StepStatus } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';

type CallRow = {
  turnId: string;
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

/** The landed iterations of agents' turns and their tool calls, without those of sub-agents. */
export type AgentRows = { iterations: { turnId: string; iteration: number; attempts: number }[]; calls: CallRow[] };

/** Reads the iterations and calls of turns, in order. */
export async function readAgentRows(db: Db, turnIds: string[]): Promise<AgentRows> {
  if (turnIds.length === 0) return { iterations: [], calls: [] };
  const [iterations, calls] = await Promise.all([
    db.query<AgentRows['iterations'][number]>(
      `select turn_id as "turnId", iteration, attempts from agent_iterations
       where turn_id = any($1) and task_call_id = '' order by iteration`,
      [turnIds],
    ),
    db.query<CallRow>(
      `select turn_id as "turnId", call_id as "callId", status, attempts, iteration,
         plan->'client' is not null as client
       from tool_calls where turn_id = any($1) and task_call_id = '' order by iteration, position`,
      [turnIds],
    ),
  ]);
  return { iterations: iterations.rows, calls: calls.rows };
}

/**
 * The steps of an agent's turn: each iteration, followed by its tool calls. A draft with attempts is the last iteration,
 * which streams, or has ended without landing.
 * In a turn that has ended, calls without a result have the status `skipped`; so have those that the client runs, always.
 */
export function toAgentSteps(
  rows: AgentRows,
  turn: { id: string; ended: boolean },
  draft: StepView | undefined,
): StepView[] {
  const iterations = rows.iterations.filter(({ turnId }) => turnId === turn.id);
  const calls = rows.calls.filter(({ turnId }) => turnId === turn.id);
  const landed = iterations.flatMap(({ iteration, attempts }) => [
    { name: stepName.reply(iteration), status: 'done' as const, attempts },
    ...calls.filter((call) => call.iteration === iteration).map((call) => toStep(call, turn.ended)),
  ]);
  return draft && draft.attempts > 0 ? [...landed, { ...draft, name: stepName.reply(iterations.length) }] : landed;
}

const toStep = ({ callId, status, attempts, client }: CallRow, ended: boolean): StepView => ({
  name: stepName.tool(callId),
  status: client || (ended && status !== 'done') ? 'skipped' : statuses[status],
  attempts,
});

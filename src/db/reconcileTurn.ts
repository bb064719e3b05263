import type { FailureCode } from '../domain/failures.js';
import type { Pool } from './pool.js';
import type { StartTurn } from './turnRow.js';
import { closeLostTurn, type Unfinished } from './unfinished.js';

/** What becomes of a turn's workflow; whoever reconciles has a client of Temporal's. */
export type TurnWorkflows = {
  start(turn: StartTurn): Promise<unknown>;
  describe(turnId: string): Promise<{ status: 'running' | 'closed' | 'not_found'; closedAs?: string }>;
};

/**
 * Looks after one turn that holds the floor: started, if it never had a workflow; closed with the text that it
 * has, if its workflow was terminated or is gone, and then the next in the queue is started. Null where nothing
 * was to be done.
 */
export async function reconcileTurn(
  deps: { pool: Pool; workflows: TurnWorkflows; model: string },
  turn: Unfinished,
): Promise<'started' | 'closed' | null> {
  const { turnId } = turn.start;
  const found = await deps.workflows.describe(turnId);
  if (found.status === 'running') return null;
  if (found.status === 'not_found' && !turn.opened) {
    await deps.workflows.start(turn.start);
    return 'started';
  }
  const code: FailureCode = found.closedAs === 'TERMINATED' ? 'workflow_terminated' : 'workflow_lost';
  const { closed, next } = await closeLostTurn(deps.pool, turnId, { code, model: deps.model });
  if (next) await deps.workflows.start(next);
  return closed ? 'closed' : null;
}

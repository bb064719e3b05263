import { activityInfo } from '@temporalio/activity';
import { type OpenedTurn, openTurn } from '../db/openTurn.js';
import type { Pool } from '../db/pool.js';

/** A turn's first step: marks that its workflow runs, and reads what its steps depend on. */
export function createOpenTurn(deps: { pool: Pool }) {
  return (input: { turnId: string }): Promise<OpenedTurn> =>
    openTurn(deps.pool, input.turnId, activityInfo().workflowExecution?.runId ?? '');
}

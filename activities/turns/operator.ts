import type { Pool } from '../../db/core/pool.js';
import { awaitOperator, resumeTurn } from '../../db/turns/awaitOperator.js';
import { isTurnOver } from '../../db/turns/openTurn.js';
import { markSkipped, markStuck } from '../../db/turns/steps.js';
import type { FailureCode } from '../../domain/log/failures.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';

export type StuckInput = { turnId: string; step: string; round: number; code: FailureCode };

/** Records in Postgres that a step is stuck, skipped or retried. */
export function createOperatorActivities(deps: { pool: Pool }) {
  return {
    markStuck: ({ turnId, step, round, code }: StuckInput): Promise<boolean> =>
      markStuck(deps.pool, { turnId, name: step }, round, code),
    skipStep: ({ turnId, step }: { turnId: string; step: string }): Promise<boolean> =>
      markSkipped(deps.pool, { turnId, name: step }),
    awaitOperator: ({
      turnId,
      keepFloor,
    }: {
      turnId: string;
      keepFloor: boolean;
    }): Promise<{ next: StartTurn | null }> => awaitOperator(deps.pool, turnId, { keepFloor }),
    resumeTurn: ({ turnId }: { turnId: string }): Promise<void> => resumeTurn(deps.pool, turnId),
    isTurnOver: ({ turnId }: { turnId: string }): Promise<boolean> => isTurnOver(deps.pool, turnId),
  };
}

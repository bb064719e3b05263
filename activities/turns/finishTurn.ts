import type { Pool } from '../../db/core/pool.js';
import { finishTurn } from '../../db/turns/finish.js';
import { type FailureCode, toPublicError } from '../../domain/log/failures.js';
import type { EndStatus } from '../../domain/turns/endStatus.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';

export type FinishTurnInput = { turnId: string; status: EndStatus; code: FailureCode | null; warnings: string[] };

/** The last step of a turn: ends it and passes the floor on. Returns the turn whose workflow is to be started. */
export function createFinishTurn(deps: { pool: Pool }) {
  return ({ turnId, status, code, warnings }: FinishTurnInput): Promise<{ next: StartTurn | null }> =>
    finishTurn(deps.pool, turnId, { status, warnings, error: code ? toPublicError(code) : undefined });
}

import { finishTurn } from '../db/finish.js';
import type { Pool } from '../db/pool.js';
import type { StartTurn } from '../db/turnRow.js';
import { type FailureCode, toPublicError } from '../domain/failures.js';
import type { EndStatus } from '../domain/turn.js';

export type FinishTurnInput = { turnId: string; status: EndStatus; code: FailureCode | null; warnings: string[] };

/** A turn's last step: ends it and hands the floor on. Says whose workflow is to be started. */
export function createFinishTurn(deps: { pool: Pool }) {
  return ({ turnId, status, code, warnings }: FinishTurnInput): Promise<{ next: StartTurn | null }> =>
    finishTurn(deps.pool, turnId, { status, warnings, error: code ? toPublicError(code) : undefined });
}

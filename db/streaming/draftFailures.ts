import type { FailureCode } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { ErrorDetail } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';

/** What is kept of a failure: its code, and what the provider's answer said. */
export type Failed = { code: FailureCode; detail?: ErrorDetail | undefined };

export const jsonOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);

/** Turns to another provider, whose failures are counted from zero. */
export async function turnToFallback(db: Db, key: DraftKey, fence: number, failure: Failed): Promise<void> {
  await db.query(
    `update drafts set on_fallback = true, failures = 0, last_error = $4, error_detail = $5, response_id = null, response_seq = null,
       updated_at = now()
     where turn_id = $1 and beat = $2 and fence = $3`,
    [key.turnId, key.beat, fence, failure.code, jsonOf(failure.detail)],
  );
}

/** Records that the provider failed an attempt. Returns how often it has by now, or null without the fence. */
export async function recordFailure(db: Db, key: DraftKey, fence: number, failure: Failed): Promise<number | null> {
  const { rows } = await db.query<{ failures: number }>(
    `update drafts set failures = failures + 1, last_error = $4, error_detail = $5, updated_at = now()
     where turn_id = $1 and beat = $2 and fence = $3 returning failures`,
    [key.turnId, key.beat, fence, failure.code, jsonOf(failure.detail)],
  );
  return rows[0]?.failures ?? null;
}

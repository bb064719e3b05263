import type { FailureCode } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { ErrorDetail } from '../../domain/turns/turn.js';
import { notifyTurnStatus } from '../core/notify.js';
import type { Db, Pool } from '../core/pool.js';

/** What is stored of a failure: its code, and codes from the provider's answer. */
export type Failed = { code: FailureCode; detail?: ErrorDetail | undefined };

/** The JSON of a value for a `jsonb` parameter; null and undefined become SQL null. */
export const jsonOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);

/** Switches a draft to its fallback provider. Counts its failures from 0. Does nothing if the fence is not current. */
export async function switchToFallback(db: Db, key: DraftKey, fence: number, failure: Failed): Promise<void> {
  await db.query(
    `update drafts set on_fallback = true, failures = 0, last_error = $4, error_detail = $5, response_id = null, response_seq = null,
       updated_at = now()
     where turn_id = $1 and beat = $2 and fence = $3`,
    [key.turnId, key.beat, fence, failure.code, jsonOf(failure.detail)],
  );
}

/** Counts a failure of the provider. Returns the count so far, or null if the fence is not current. */
export async function recordFailure(pool: Pool, key: DraftKey, fence: number, failure: Failed): Promise<number | null> {
  const { rows } = await pool.query<{ failures: number; chatId: string }>(
    `update drafts set failures = failures + 1, last_error = $4, error_detail = $5, updated_at = now()
     where turn_id = $1 and beat = $2 and fence = $3 returning failures, chat_id as "chatId"`,
    [key.turnId, key.beat, fence, failure.code, jsonOf(failure.detail)],
  );
  const [draft] = rows;
  if (!draft) return null;
  // Viewers see that the reply is tried again.
  notifyTurnStatus(pool, draft.chatId, key.turnId);
  return draft.failures;
}

import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { isDatabaseAway } from '../db/core/unavailable.js';
import { TurnFailure } from '../domain/log/failures.js';
import type { TokenUsage } from '../domain/turns/turn.js';

export type RetryRule = {
  /** How many attempts the provider may fail before the step fails. */
  attempts: number;
  initialMs: number;
};

/** The longest pause between two attempts, in milliseconds, unless the provider asks for more. */
const MAX_BACKOFF_MS = 30_000;

/**
 * The failure that Temporal gets: the code as type and message, and the number of failures as detail. `failures` counts
 * the provider's failures; null for an attempt that does not count.
 */
export function toApplicationFailure(
  failure: TurnFailure,
  failures: number | null,
  rule: RetryRule,
): ApplicationFailure {
  const usedUp = failures !== null && failures >= rule.attempts;
  const backoff = Math.min(rule.initialMs * 2 ** Math.max(0, (failures ?? 1) - 1), MAX_BACKOFF_MS);
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.code,
    nonRetryable: !failure.retried || usedUp,
    // Operators see it at the stuck step.
    ...(failures === null ? {} : { details: [failures] }),
    nextRetryDelay: Math.max(backoff, failure.retryAfterMs ?? 0),
  });
}

/**
 * The failure of an attempt that has called a model. Every error counts, whatever its cause, because another attempt
 * costs another call. Null for a cancellation, for a failure that is already Temporal's, and while Postgres is away,
 * where nothing can be counted. `usage`: of the call, where the model has answered.
 */
export function failureOfAttempt(error: unknown, usage: TokenUsage | null = null): TurnFailure | null {
  if (error instanceof TurnFailure) return error;
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure || isDatabaseAway(error)) return null;
  return new TurnFailure('internal', { cause: error, usage });
}

/** Ends an attempt in order and without a result: the next one starts at once. */
export function handOver(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'handed_over', message: 'handed_over', nextRetryDelay: 1 });
}

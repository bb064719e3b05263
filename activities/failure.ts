import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { isDatabaseAway } from '../db/core/unavailable.js';
import { TurnFailure } from '../domain/log/failures.js';
import type { TokenUsage } from '../domain/turns/turn.js';

export type RetryRule = {
  /** Attempts that the provider may fail before the step gives up. */
  attempts: number;
  initialMs: number;
};

/** Between two attempts, in milliseconds, unless the provider asks for more. */
const MAX_BACKOFF_MS = 30_000;

/**
 * The failure that Temporal is told: its type and message are the code, and only the count rides along. `failures`
 * counts the provider's; null when they can't be counted, so the attempt doesn't.
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
    // For operators, who read it where the step is stuck.
    ...(failures === null ? {} : { details: [failures] }),
    nextRetryDelay: Math.max(backoff, failure.retryAfterMs ?? 0),
  });
}

/**
 * What an attempt failed with, once a model was asked: every error counts as a failure of the attempt, whatever its
 * cause, since another attempt is paid for again. Null for what is no failure of the attempt: its cancellation, what
 * Temporal is told already, and a Postgres that is away, in which nothing could be counted. `usage`: of the call, where
 * the model has answered.
 */
export function failureOfAttempt(error: unknown, usage: TokenUsage | null = null): TurnFailure | null {
  if (error instanceof TurnFailure) return error;
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure || isDatabaseAway(error)) return null;
  return new TurnFailure('internal', { cause: error, usage });
}

/** An attempt that ends in order without a result, so that another one takes over at once. */
export function handOver(): ApplicationFailure {
  return ApplicationFailure.create({ type: 'handed_over', message: 'handed_over', nextRetryDelay: 1 });
}

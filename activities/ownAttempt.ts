import { Context } from '@temporalio/activity';
import { failureOfAttempt, type RetryRule, toApplicationFailure } from './failure.js';
import { withHeartbeats } from './heartbeats.js';

export type OwnAttempt = { attempt: number; signal: AbortSignal };

/**
 * Runs an activity that asks a model outside of a turn's steps: with heartbeats, and with its failures as Temporal takes
 * them. Rejects with the application failure of the attempt; with the error itself when it was cancelled.
 */
export async function asOwnAttempt(rule: RetryRule, work: (attempt: OwnAttempt) => Promise<void>): Promise<void> {
  const { cancellationSignal: signal, info } = Context.current();
  try {
    await withHeartbeats(() => work({ attempt: info.attempt, signal }));
  } catch (error) {
    const failure = signal.aborted ? null : failureOfAttempt(error);
    if (!failure) throw error;
    throw toApplicationFailure(failure, info.attempt, rule);
  }
}

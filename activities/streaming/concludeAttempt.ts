import type { ApplicationFailure } from '@temporalio/activity';
import { recordFailure, switchToFallback } from '../../db/streaming/draftFailures.js';
import { type Release, recordResponse, releaseLease } from '../../db/streaming/leases.js';
import { settleFailedCall } from '../../db/streaming/modelCalls.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { failureOfAttempt, handOver, type RetryRule, toApplicationFailure } from '../failure.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import type { Attempt } from './attempt.js';
import type { ProviderStream } from './providerStream.js';
import type { StreamEnd } from './streamEnd.js';

/** How an attempt ends: with its stream, or before it. */
export type AttemptEnd =
  | StreamEnd
  /** The worker stops, or an operator paused or reset the activity: the next attempt continues from the checkpoints. */
  | { how: 'handover' }
  /** Another attempt of this process has adopted the stream, and concludes it. */
  | { how: 'adopted' };

/** Temporal retries it: where the server waits for this attempt, the one that took its fence was an outdated one. */
export const superseded = (retry: RetryRule) => toApplicationFailure(new TurnFailure('superseded'), null, retry);

/** The verdict of the attempt; throws what Temporal is to know of an attempt without one. */
export async function concludeAttempt<P, V>(
  attempt: Attempt<P, V>,
  stream: ProviderStream,
  end: AttemptEnd,
): Promise<V> {
  try {
    switch (end.how) {
      case 'finished':
        return await land(attempt, stream, end);
      case 'stopped':
        return stream.begun() ? await land(attempt, stream, end) : await close(attempt);
      case 'failed':
        throw await failAttempt(attempt, end.failure, stream);
      case 'handover':
        throw await handOverStream(attempt, stream);
      case 'fenced':
      case 'adopted':
        attempt.report.ended({ outcome: 'superseded' });
        throw superseded(attempt.deps.retry);
    }
  } catch (error) {
    // The reply was paid for. An error that did not count as a failure here would have it asked for without limit.
    const failure = failureOfAttempt(error, end.how === 'finished' ? end.usage : null);
    throw failure ? await failAttempt(attempt, failure, stream) : error;
  }
}

async function land<P, V>(attempt: Attempt<P, V>, stream: ProviderStream, end: StreamEnd): Promise<V> {
  const { step, lease, report, deps } = attempt;
  // A stream that finished has the whole text: what an earlier attempt may have sent of it is a part.
  if (step.checkpointBeforeLanding)
    await release(attempt, { settled: end.how === 'finished' || stream.knowsAllSent() });
  const verdict = await retryWhileDatabaseAway(() => step.land(lease.fence, stream, end));
  if (verdict === 'superseded') {
    report.ended({ outcome: 'superseded' });
    throw superseded(deps.retry);
  }
  report.ended({ outcome: end.how === 'stopped' ? 'stopped' : 'landed' });
  return verdict;
}

/** Stopped before the first token: there is nothing of this stream to land. */
async function close<P, V>({ step, report }: Attempt<P, V>): Promise<V> {
  const verdict = await retryWhileDatabaseAway(step.close);
  report.ended({ outcome: 'stopped' });
  return verdict;
}

async function handOverStream<P, V>(attempt: Attempt<P, V>, stream: ProviderStream): Promise<ApplicationFailure> {
  stream.abandon();
  await stream.ended;
  await release(attempt, { handsOver: true, streamedMs: stream.tookMs(), settled: stream.knowsAllSent() });
  attempt.report.ended({ outcome: 'handed_over' });
  return handOver();
}

/**
 * Records the failure of an attempt, and gives what Temporal is to know of it: whether to retry, and when. `stream` is
 * missing where no request was made.
 */
export async function failAttempt<P, V>(
  attempt: Attempt<P, V>,
  failure: TurnFailure,
  stream?: ProviderStream,
): Promise<ApplicationFailure> {
  const { deps, step, lease, report } = attempt;
  const { key } = step;
  report.ended({ outcome: 'failed', code: failure.code, cause: failure });
  await release(attempt, { streamedMs: stream?.tookMs() ?? 0, settled: stream?.knowsAllSent() ?? false });
  await settleCost(attempt, failure, stream);
  // The provider no longer has the response. The next attempt asks again, and this one counts as no failure.
  if (failure.code === 'response_gone') {
    await retryWhileDatabaseAway(() => recordResponse(deps.pool, key, lease.fence, null));
    return toApplicationFailure(failure, null, { ...deps.retry, initialMs: 1 });
  }
  // A resumed stream loses nothing by another attempt, so only attempts without a new token count. What fails on our
  // side would fail there again.
  if (stream?.madeResumableProgress() && failure.retried && failure.code !== 'internal')
    return toApplicationFailure(failure, null, deps.retry);
  const failures = await retryWhileDatabaseAway(() => recordFailure(deps.pool, key, lease.fence, failure));
  const isLast = !failure.retried || (failures !== null && failures >= deps.retry.attempts);
  if (!isLast || !stream?.hasFallback || !mayPassElsewhere(failure))
    return toApplicationFailure(failure, failures, deps.retry);
  await retryWhileDatabaseAway(() => switchToFallback(deps.pool, key, lease.fence, failure));
  return handOver();
}

/** Records what a failed attempt is known to have cost. One that resumed an earlier response has no cost of its own. */
async function settleCost<P, V>({ deps, step, lease }: Attempt<P, V>, failure: TurnFailure, stream?: ProviderStream) {
  const { turnId } = step.key;
  if (!stream) {
    const unasked = new TurnFailure(failure.code, { spent: 'nothing' });
    const call = { turnId, step: step.name, attempt: lease.attempt };
    return retryWhileDatabaseAway(() => settleFailedCall(deps.pool, call, '', unasked));
  }
  const { call } = stream;
  if (call.resumed) return;
  const asked = { turnId, step: call.step, attempt: call.attempt };
  await retryWhileDatabaseAway(() => settleFailedCall(deps.pool, asked, call.model, failure));
}

/** Checkpoints all that was sent, so that the next attempt knows it, and records that this attempt has ended. */
async function release<P, V>({ deps, step, lease }: Attempt<P, V>, how: Release): Promise<void> {
  await retryWhileDatabaseAway(() => deps.checkpointer.flush(step.key));
  await retryWhileDatabaseAway(() => releaseLease(deps.pool, step.key, lease.fence, how));
}

/** Whether another provider may succeed where this one failed. */
const mayPassElsewhere = ({ code }: TurnFailure): boolean =>
  code.startsWith('provider_') ||
  [
    'model_not_found',
    'images_unsupported',
    'image_refused',
    'stream_broken',
    'empty_reply',
    'thought_only',
    'context_too_long',
  ].includes(code);

import { Context } from '@temporalio/activity';
import { type Acquired, acquireLease, type Lease } from '../../db/streaming/leases.js';
import { adoptCall } from '../../db/streaming/modelCalls.js';
import { isHandover, isStop, thisAttempt } from '../attempt.js';
import { STREAM_HEARTBEAT_EVERY_MS, withHeartbeats } from '../heartbeats.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import { type AttemptReport, reportAttempt } from './attemptReport.js';
import { beginStream } from './beginStream.js';
import { type AttemptEnd, concludeAttempt, superseded } from './concludeAttempt.js';
import type { ProviderStream } from './providerStream.js';
import { createRunningStreams, type RunningStreams } from './runningStreams.js';
import type { StreamedStep, StreamingDeps } from './streamedStep.js';

/** One attempt at a step that holds its lease. */
export type Attempt<P, V> = { deps: StreamingDeps; step: StreamedStep<P, V>; lease: Lease; report: AttemptReport };

export type StreamStep = <P, V>(step: StreamedStep<P, V>) => Promise<V>;

/**
 * Streams a step to its viewers. Temporal runs the activity at least once, so each attempt works under a lease with a
 * fencing token: writes with an older token are refused, in Postgres and by gateways.
 *
 * 1. Acquire the lease, or find that the step has landed, is stopped or gone.
 * 2. Adopt the stream that an earlier attempt left running in this process; else resume or begin one (`beginStream.ts`).
 * 3. Pump the provider's deltas to the wire and to the checkpoints (`providerStream.ts`), sending heartbeats meanwhile.
 * 4. Conclude: land the text, close it, fail the attempt or hand it over (`concludeAttempt.ts`).
 */
export function createStreamStep(deps: StreamingDeps): StreamStep {
  const running = createRunningStreams(deps.wire, deps.checkpointer);

  return (step) =>
    withHeartbeats(async () => {
      // Side by side: what the prompt is made from cannot change while the turn has the floor.
      const [acquired, prompt] = await Promise.all([acquire(deps, step), retryWhileDatabaseAway(step.readPrompt)]);
      switch (acquired.state) {
        case 'gone':
          return step.gone;
        case 'landed':
          return acquired.verdict;
        case 'stopped':
          return retryWhileDatabaseAway(step.close);
        case 'superseded':
          throw superseded(deps.retry);
        case 'held':
          return streamUnderLease(
            { deps, step, lease: acquired, report: reportAttempt(deps.telemetry, step, acquired) },
            prompt,
            running,
          );
      }
    }, STREAM_HEARTBEAT_EVERY_MS);
}

function acquire<P, V>({ pool }: StreamingDeps, { key, name, speaker, findLanded }: StreamedStep<P, V>) {
  return retryWhileDatabaseAway(
    (): Promise<Acquired<V>> => acquireLease(pool, { ...key, step: name }, speaker, thisAttempt(), findLanded),
  );
}

async function streamUnderLease<P, V>(attempt: Attempt<P, V>, prompt: P | null, running: RunningStreams): Promise<V> {
  let stream = await adoptStream(attempt, running);
  if (!stream) {
    stream = await beginStream(attempt, prompt);
    running.add(attempt.step, stream);
  }
  const end = await waitForEnd(attempt, stream);
  try {
    return await concludeAttempt(attempt, stream, end);
  } finally {
    if (end.how !== 'adopted') running.remove(attempt.step, stream);
  }
}

/** The stream that an earlier attempt left running in this process, if it still writes the newest draft. */
async function adoptStream<P, V>(attempt: Attempt<P, V>, running: RunningStreams): Promise<ProviderStream | null> {
  const { deps, step, lease, report } = attempt;
  const stream = running.get(step);
  if (!stream) return null;
  if (stream.epoch() !== lease.epoch) {
    stream.abandon();
    running.remove(step, stream);
    return null;
  }
  stream.adopt(lease.fence);
  const own = { turnId: step.key.turnId, step: step.name, attempt: lease.askedAttempt };
  await retryWhileDatabaseAway(() => adoptCall(deps.pool, own, step.key.beat, stream.call.attempt));
  report.began('adopted');
  return stream;
}

/** Waits until the stream ends, this worker has to hand it over, or another attempt has adopted it. */
async function waitForEnd<P, V>({ lease }: Attempt<P, V>, stream: ProviderStream): Promise<AttemptEnd> {
  const cancelled = Context.current().cancelled.then<AttemptEnd, AttemptEnd>(undefined, (error: unknown) => {
    if (isStop(error)) stream.stop();
    return isHandover(error) ? { how: 'handover' } : stream.ended;
  });
  const end = await Promise.race([stream.ended, cancelled]);
  return stream.fence() === lease.fence ? end : { how: 'adopted' };
}

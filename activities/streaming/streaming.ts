import { Context } from '@temporalio/activity';
import type { Pool } from '../../db/core/pool.js';
import { recordFailure, turnToFallback } from '../../db/streaming/draftFailures.js';
import { openDraftUnless, recordResponse, settleDraft, type WriterEnd } from '../../db/streaming/drafts.js';
import { adoptCall, settleFailedCall } from '../../db/streaming/modelCalls.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { Wire } from '../../viewers/wire/wire.js';
import { isLeaving, isStop, thisAttempt } from '../attempt.js';
import { failureOfAttempt, handOver, type RetryRule, toApplicationFailure } from '../failure.js';
import type { Telemetry } from '../telemetry.js';
import { whileDatabaseAway } from '../whileDatabaseAway.js';
import type { Checkpointer } from './checkpointer.js';
import type { Asked, Course, OpenDraft } from './course.js';
import { readGoingOn } from './goingOn.js';
import { type ReplyStream, startReplyStream } from './replyStream.js';
import { promptTexts } from './streamCall.js';
import type { StreamEnd } from './streamEnd.js';
import { howItBegins, tellAttempt } from './tellAttempt.js';

export type StreamingDeps = {
  pool: Pool;
  wire: Wire;
  checkpointer: Checkpointer;
  silenceMs: number;
  /** The longest time of a reply, all attempts together, in milliseconds. */
  limitMs: number;
  retry: RetryRule;
  telemetry: Telemetry;
};

const HEARTBEAT_EVERY_MS = 1_000;

/**
 * Streams to viewers, whatever becomes of the text. Each attempt takes a new fence; an attempt that finds the
 * effect in Postgres, or its stream still running in this process, goes on with that instead of asking again.
 */
export function createStreaming(deps: StreamingDeps) {
  const streams = new Map<string, ReplyStream>();
  deps.wire.onStop((turnId) => {
    for (const stream of streams.values()) if (stream.key.turnId === turnId) stream.stop();
  });

  async function stream<V>(course: Course<V>): Promise<V> {
    const { key, speaker } = course;
    const beating = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      // Side by side: what the prompt is made from stands still while the turn has the floor.
      const [opened, ask] = await Promise.all([
        whileDatabaseAway(() =>
          openDraftUnless(deps.pool, { ...key, step: course.step }, speaker, thisAttempt(), course.landed),
        ),
        whileDatabaseAway(course.read),
      ]);
      if (opened.state === 'gone') return course.gone;
      if (opened.state === 'landed') return opened.verdict;
      if (opened.state === 'stopped') return await whileDatabaseAway(course.close);
      if (opened.state === 'superseded') throw superseded();
      return await follow(course, opened, (await adopt(course, opened)) ?? (await begin(course, opened, ask)));
    } finally {
      clearInterval(beating);
    }
  }

  /** Retried: where the server waits for this very attempt, the one that took its fence was a ghost. */
  const superseded = () => toApplicationFailure(new TurnFailure('superseded'), null, deps.retry);

  /** The stream that an attempt before this one left running here, if it still writes the newest draft. */
  async function adopt<V>(course: Course<V>, opened: OpenDraft): Promise<ReplyStream | null> {
    const stream = streams.get(idOf(course));
    if (!stream) return null;
    if (stream.epoch() !== opened.epoch) {
      stream.abandon();
      drop(course, stream);
      return null;
    }
    stream.adopt(opened.fence);
    const own = { turnId: course.key.turnId, step: course.step, attempt: opened.askedAttempt };
    await whileDatabaseAway(() => adoptCall(deps.pool, own, course.key.beat, stream.call.attempt));
    tell(course, opened).began('adopted');
    return stream;
  }

  const tell = <V>(course: Course<V>, opened: OpenDraft) => tellAttempt(deps.telemetry, course, opened);

  async function begin<V>(
    course: Course<V>,
    opened: OpenDraft,
    ask: ((opened: OpenDraft) => Promise<Asked>) | null,
  ): Promise<ReplyStream> {
    if (!ask) throw toApplicationFailure(new TurnFailure('turn_gone'), null, deps.retry);
    const { fallback, ...first } = await asking(course, opened, ask);
    const { provider, model } = opened.onFallback && fallback ? fallback : { ...first, model: first.request.model };
    const asked: Asked = { ...first, provider, request: { ...first.request, model } };
    const goingOn = await whileDatabaseAway(() => readGoingOn(deps.pool, course.key, opened, asked));
    const { resume, start } = goingOn;
    const told = tell(course, opened);
    told.began(howItBegins(opened, asked, goingOn));
    const requestId = `${course.key.turnId}/${course.step}/${opened.attempt}`;
    const request = { ...asked.request, ...(start.prefix ? { continueFrom: start.prefix.text } : {}) };
    const stream = startReplyStream(
      { db: deps.pool, wire: deps.wire, checkpointer: deps.checkpointer },
      {
        ...course.key,
        ...asked.draft,
        ...start,
        call: {
          step: course.step,
          attempt: opened.askedAttempt,
          model,
          prompt: promptTexts(request),
          resumed: resume !== null,
          ...(start.prefix ? { continuedEpoch: opened.epoch } : {}),
        },
        hasFallback: fallback !== undefined && !opened.onFallback,
        chatId: opened.chatId,
        speakerId: opened.speakerId,
        fence: opened.fence,
        epoch: opened.epoch,
        restartReason: opened.restartReason,
        limitMs: deps.limitMs - opened.streamedMs,
        watch: told.watch(model),
        open: (signal) =>
          provider.streamReply(
            { ...request, requestId },
            { signal, silenceMs: deps.silenceMs, ...(resume ? { resume } : {}) },
          ),
      },
    );
    streams.set(idOf(course), stream);
    return stream;
  }

  /** A request that can't be made is a failure of the attempt, with its code. */
  async function asking<V>(course: Course<V>, opened: OpenDraft, ask: (opened: OpenDraft) => Promise<Asked>) {
    try {
      return await whileDatabaseAway(() => ask(opened));
    } catch (error) {
      if (!(error instanceof TurnFailure)) throw error;
      throw await fail(course, opened, error);
    }
  }

  /** Waits for the stream's end, or for this attempt's own. */
  async function follow<V>(course: Course<V>, opened: OpenDraft, stream: ReplyStream): Promise<V> {
    const { cancelled } = Context.current();
    const leaving = cancelled.then<StreamEnd | 'leaving', StreamEnd | 'leaving'>(undefined, (error: unknown) => {
      if (isStop(error)) stream.stop();
      return isLeaving(error) ? 'leaving' : stream.ended;
    });
    const end = await Promise.race([stream.ended, leaving]);
    // Another attempt adopted the stream: it is that one's to conclude, and nobody waits for this one.
    if (stream.fence() !== opened.fence) {
      tell(course, opened).ended({ outcome: 'superseded' });
      throw superseded();
    }
    return end === 'leaving' ? leave(course, opened, stream) : conclude(course, opened, stream, end);
  }

  async function leave<V>(course: Course<V>, opened: OpenDraft, stream: ReplyStream): Promise<never> {
    stream.abandon();
    await stream.ended;
    await settle(course.key, opened.fence, { handsOver: true, streamedMs: stream.tookMs() });
    drop(course, stream);
    tell(course, opened).ended({ outcome: 'handed_over' });
    throw handOver();
  }

  async function conclude<V>(course: Course<V>, opened: OpenDraft, stream: ReplyStream, end: StreamEnd): Promise<V> {
    try {
      switch (end.how) {
        case 'finished':
          return await land(course, opened, stream, end);
        case 'stopped':
          return await stopped(course, opened, stream, end);
        case 'failed':
          throw await fail(course, opened, end.failure, stream);
        case 'fenced':
          tell(course, opened).ended({ outcome: 'superseded' });
          throw superseded();
      }
    } catch (error) {
      // The reply was paid for: what can't be kept of it is a failure of the attempt, or it would be asked for without end.
      const failure = failureOfAttempt(error, end.how === 'finished' ? end.usage : null);
      throw failure ? await fail(course, opened, failure, stream) : error;
    } finally {
      drop(course, stream);
    }
  }

  async function land<V>(course: Course<V>, opened: OpenDraft, stream: ReplyStream, end: StreamEnd): Promise<V> {
    const { fence } = opened;
    if (course.settles) await settle(course.key, fence);
    const verdict = await whileDatabaseAway(() => course.land(fence, stream, end));
    const told = tell(course, opened);
    if (verdict === 'superseded') {
      told.ended({ outcome: 'superseded' });
      throw superseded();
    }
    told.ended({ outcome: end.how === 'stopped' ? 'stopped' : 'landed' });
    return verdict;
  }

  async function stopped<V>(course: Course<V>, opened: OpenDraft, stream: ReplyStream, end: StreamEnd): Promise<V> {
    if (stream.begun()) return land(course, opened, stream, end);
    const verdict = await whileDatabaseAway(course.close);
    tell(course, opened).ended({ outcome: 'stopped' });
    return verdict;
  }

  async function fail<V>(course: Course<V>, opened: OpenDraft, failure: TurnFailure, stream?: ReplyStream) {
    const { key } = course;
    const { fence } = opened;
    tell(course, opened).ended({ outcome: 'failed', code: failure.code, cause: failure });
    await settle(key, fence, { streamedMs: stream?.tookMs() ?? 0 });
    await settleCost(course, opened, failure, stream);
    // What is gone can't be gone on with: the next attempt begins anew, and this one is nobody's failure.
    if (failure.code === 'response_gone') {
      await whileDatabaseAway(() => recordResponse(deps.pool, key, fence, null));
      return toApplicationFailure(failure, null, { ...deps.retry, initialMs: 1 });
    }
    // Each attempt of this kind goes on where the last one was: only those that hear nothing new count.
    // What fails on our side would fail there again.
    if (stream?.gainsGround() && failure.retried && failure.code !== 'internal')
      return toApplicationFailure(failure, null, deps.retry);
    const failures = await whileDatabaseAway(() => recordFailure(deps.pool, key, fence, failure));
    const isLast = !failure.retried || (failures !== null && failures >= deps.retry.attempts);
    if (!isLast || !stream?.hasFallback || !isProviders(failure))
      return toApplicationFailure(failure, failures, deps.retry);
    await whileDatabaseAway(() => turnToFallback(deps.pool, key, fence, failure));
    return handOver();
  }

  /** What a failed attempt is known to have cost. One that went on with an earlier one's response has no cost of its own. */
  async function settleCost<V>(course: Course<V>, opened: OpenDraft, failure: TurnFailure, stream?: ReplyStream) {
    const { turnId } = course.key;
    const unasked = new TurnFailure(failure.code, { spent: 'nothing' });
    const { step, attempt, model, resumed } = stream?.call ?? {
      ...course,
      attempt: opened.attempt,
      model: '',
      resumed: false,
    };
    if (resumed) return;
    await whileDatabaseAway(() =>
      settleFailedCall(deps.pool, { turnId, step, attempt }, model, stream ? failure : unasked),
    );
  }

  /** All that was sent is checkpointed before the attempt ends, so that the next one knows it. */
  async function settle(key: DraftKey, fence: number, end: WriterEnd = {}): Promise<void> {
    await whileDatabaseAway(() => deps.checkpointer.flush(key));
    await whileDatabaseAway(() => settleDraft(deps.pool, key, fence, end));
  }

  function drop<V>(course: Course<V>, stream: ReplyStream): void {
    if (streams.get(idOf(course)) !== stream) return;
    streams.delete(idOf(course));
    deps.checkpointer.forget(course.key);
  }

  return stream;
}

export type Streaming = ReturnType<typeof createStreaming>;

/** Failures that another provider may not have. */
const isProviders = ({ code }: TurnFailure): boolean =>
  code.startsWith('provider_') ||
  ['model_not_found', 'stream_broken', 'empty_reply', 'thought_only', 'context_too_long'].includes(code);

const idOf = ({ key, step }: { key: DraftKey; step: string }) => `${key.turnId}/${step}`;

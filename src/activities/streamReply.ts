import { CancelledFailure, Context } from '@temporalio/activity';
import {
  type OpenedDraft,
  openDraft,
  recordFailure,
  type Speaker,
  settleDraft,
  type TaskAttempt,
} from '../db/drafts.js';
import { closeReply, landReply } from '../db/landReply.js';
import type { Pool } from '../db/pool.js';
import { readPromptInput } from '../db/readPrompt.js';
import { type FailureCode, TurnFailure, toPublicError } from '../domain/failures.js';
import type { DraftKey } from '../domain/frames.js';
import { narrativePrompt, type PromptInput, type PromptLimits } from '../domain/prompt.js';
import { stepName } from '../domain/stepName.js';
import { goneVerdict, type ReplyVerdict } from '../domain/verdict.js';
import type { ReplyProvider } from '../llm/port.js';
import type { Wire } from '../viewers/wire.js';
import type { Checkpointer } from './checkpointer.js';
import { handOver, type RetryRule, toApplicationFailure } from './failure.js';
import { type ReplyStream, type StreamEnd, startReplyStream } from './replyStream.js';
import { whileDatabaseAway } from './whileDatabaseAway.js';

export type StreamReplyInput = DraftKey & Speaker;

export type StreamReplyDeps = {
  pool: Pool;
  provider: ReplyProvider;
  wire: Wire;
  checkpointer: Checkpointer;
  model: string;
  silenceMs: number;
  retry: RetryRule;
  prompt: PromptLimits;
  log: { warn(fields: object, message: string): void };
};

const HEARTBEAT_EVERY_MS = 1_000;

type Open = Extract<OpenedDraft, { state: 'open' }>;

/**
 * Streams a reply to viewers and appends it. Each attempt takes a new fence; an attempt that finds the reply
 * in the log, or its stream still running in this process, goes on with that instead of asking again.
 */
export function createStreamReply(deps: StreamReplyDeps) {
  const streams = new Map<string, ReplyStream>();
  deps.wire.onStop((turnId) => {
    for (const stream of streams.values()) if (stream.key.turnId === turnId) stream.stop();
  });

  async function streamReply(input: StreamReplyInput): Promise<ReplyVerdict> {
    const key = { turnId: input.turnId, beat: input.beat };
    const beating = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      // Side by side: what the prompt is made from stands still while the turn has the floor.
      const [opened, asked] = await Promise.all([
        whileDatabaseAway(() => openDraft(deps.pool, key, input, thisAttempt())),
        whileDatabaseAway(() => readPromptInput(deps.pool, { ...key, speakerId: input.speakerId })),
      ]);
      if (opened.state === 'gone') return goneVerdict;
      if (opened.state === 'landed') return opened.verdict;
      if (opened.state === 'stopped') return await close(key);
      if (opened.state === 'superseded') throw superseded();
      return await follow(key, opened, adopted(key, opened) ?? begin(key, opened, asked));
    } finally {
      clearInterval(beating);
    }
  }

  /** Retried: where the server waits for this very attempt, the one that took its fence was a ghost. */
  const superseded = () => toApplicationFailure(new TurnFailure('superseded'), null, deps.retry);

  const close = (key: DraftKey) => whileDatabaseAway(() => closeReply(deps.pool, key, { model: deps.model }));

  /** The stream that an attempt before this one left running here, if it still writes the newest draft. */
  function adopted(key: DraftKey, opened: Open): ReplyStream | null {
    const stream = streams.get(idOf(key));
    if (!stream) return null;
    if (stream.epoch() !== opened.epoch) {
      stream.abandon();
      drop(key, stream);
      return null;
    }
    stream.adopt(opened.fence);
    return stream;
  }

  function begin(key: DraftKey, opened: Open, asked: PromptInput | null): ReplyStream {
    if (!asked) throw toApplicationFailure(new TurnFailure('turn_gone'), null, deps.retry);
    const request = {
      model: deps.model,
      messages: narrativePrompt(asked, deps.prompt),
      requestId: `${key.turnId}/${stepName.reply(key.beat)}/${opened.attempt}`,
    };
    const stream = startReplyStream(
      { db: deps.pool, wire: deps.wire, checkpointer: deps.checkpointer },
      {
        ...key,
        chatId: opened.chatId,
        speakerId: opened.speakerId,
        fence: opened.fence,
        epoch: opened.epoch,
        open: (signal) => deps.provider.streamReply(request, { signal, silenceMs: deps.silenceMs }),
      },
    );
    streams.set(idOf(key), stream);
    return stream;
  }

  /** Waits for the stream's end, or for this attempt's own. */
  async function follow(key: DraftKey, opened: Open, stream: ReplyStream): Promise<ReplyVerdict> {
    const { cancelled } = Context.current();
    const leaving = cancelled.then<StreamEnd | 'leaving', StreamEnd | 'leaving'>(undefined, (error: unknown) => {
      if (isStop(error)) stream.stop();
      return isLeaving(error) ? 'leaving' : stream.ended;
    });
    const end = await Promise.race([stream.ended, leaving]);
    // Another attempt adopted the stream: it is that one's to conclude, and nobody waits for this one.
    if (stream.fence() !== opened.fence) throw superseded();
    return end === 'leaving' ? leave(key, opened.fence, stream) : conclude(key, opened, stream, end);
  }

  async function leave(key: DraftKey, fence: number, stream: ReplyStream): Promise<never> {
    stream.abandon();
    await stream.ended;
    await settle(key, fence);
    drop(key, stream);
    throw handOver();
  }

  async function conclude(key: DraftKey, opened: Open, stream: ReplyStream, end: StreamEnd): Promise<ReplyVerdict> {
    try {
      switch (end.how) {
        case 'finished':
          return await land(key, opened.fence, stream, end);
        case 'stopped':
          return stream.begun() ? await land(key, opened.fence, stream, end) : await close(key);
        case 'failed':
          throw await fail(key, opened.fence, end.failure);
        case 'fenced':
          throw superseded();
      }
    } finally {
      drop(key, stream);
    }
  }

  async function land(key: DraftKey, fence: number, stream: ReplyStream, end: StreamEnd): Promise<ReplyVerdict> {
    const code: FailureCode | null =
      end.how === 'finished' && (end.reason === 'length' || end.reason === 'content_filter') ? end.reason : null;
    const reply = {
      text: stream.text(),
      truncated: end.how === 'stopped' || code !== null,
      model: end.how === 'finished' ? end.model : deps.model,
      usage: (end.how === 'finished' && end.usage) || undefined,
      error: code ? toPublicError(code) : undefined,
    };
    const verdict = await whileDatabaseAway(() => landReply(deps.pool, key, fence, reply));
    if (verdict === 'superseded') throw superseded();
    return verdict;
  }

  async function fail(key: DraftKey, fence: number, failure: TurnFailure) {
    deps.log.warn({ ...key, code: failure.code, err: failure.cause }, 'an attempt at a reply failed');
    await settle(key, fence);
    const failures = await whileDatabaseAway(() => recordFailure(deps.pool, key, fence, failure.code));
    return toApplicationFailure(failure, failures, deps.retry);
  }

  /** All that was sent is checkpointed before the attempt ends, so that the next one knows it. */
  async function settle(key: DraftKey, fence: number): Promise<void> {
    await whileDatabaseAway(() => deps.checkpointer.flush(key));
    await whileDatabaseAway(() => settleDraft(deps.pool, key, fence));
  }

  function drop(key: DraftKey, stream: ReplyStream): void {
    if (streams.get(idOf(key)) !== stream) return;
    streams.delete(idOf(key));
    deps.checkpointer.forget(key);
  }

  return streamReply;
}

function thisAttempt(): TaskAttempt {
  const { workflowExecution, activityId, attempt } = Context.current().info;
  return { task: `${workflowExecution?.runId}/${activityId}`, number: attempt };
}

const idOf = (key: DraftKey) => `${key.turnId}/${key.beat}`;

/** Cancelled through Temporal: the sure way of a stop. */
const isStop = (error: unknown) => error instanceof CancelledFailure && error.message === 'CANCELLED';

/**
 * The worker shuts down, or an operator paused or reset the activity. An attempt that the server has given up
 * on is not among them: the attempt after it adopts the stream.
 */
const isLeaving = (error: unknown) =>
  error instanceof CancelledFailure && ['WORKER_SHUTDOWN', 'PAUSED', 'RESET'].includes(error.message);

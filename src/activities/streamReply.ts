import type { Speaker } from '../db/drafts.js';
import { landedVerdict } from '../db/landedVerdict.js';
import { closeReply, landReply } from '../db/landReply.js';
import type { Pool } from '../db/pool.js';
import { type FailureCode, toPublicError } from '../domain/failures.js';
import type { DraftKey } from '../domain/frames.js';
import type { PromptLimits } from '../domain/prompt.js';
import { stepName } from '../domain/stepName.js';
import type { ChatKind } from '../domain/turn.js';
import { goneVerdict, type ReplyVerdict } from '../domain/verdict.js';
import type { ReplyProvider } from '../llm/port.js';
import { readReplyPrompt } from './replyPrompt.js';
import type { ReplyStream, StreamEnd } from './replyStream.js';
import type { Course, Streaming } from './streaming.js';

export type StreamReplyInput = DraftKey & Speaker & { kind?: ChatKind | undefined };

export type StreamReplyDeps = {
  pool: Pool;
  provider: ReplyProvider;
  model: string;
  prompt: PromptLimits;
};

/** Streams a reply to viewers and appends it. */
export function createStreamReply(deps: StreamReplyDeps, stream: Streaming) {
  const { pool, provider, model } = deps;
  return ({ turnId, beat, kind, ...speaker }: StreamReplyInput): Promise<ReplyVerdict> => {
    const key = { turnId, beat };
    const course: Course<ReplyVerdict> = {
      key,
      speaker,
      step: stepName.reply(beat),
      gone: goneVerdict,
      settles: false,
      landed: landedVerdict,
      async read() {
        const assemble = await readReplyPrompt(pool, { ...key, speakerId: speaker.speakerId, kind });
        return assemble && (async () => ({ provider, request: { model, messages: assemble(deps.prompt) } }));
      },
      close: () => closeReply(pool, key, { model }),
      land: (fence, streamed, end) => landReply(pool, key, fence, toReply(streamed, end, model)),
    };
    return stream(course);
  };
}

/** What is kept of a stream that has ended, or was stopped. */
function toReply(stream: ReplyStream, end: StreamEnd, model: string) {
  const finished = end.how === 'finished' ? end : null;
  const cut = finished?.reason === 'length' || finished?.reason === 'content_filter';
  const code: FailureCode | null = cut ? (finished.reason as 'length' | 'content_filter') : null;
  return {
    text: stream.text(),
    truncated: end.how === 'stopped' || code !== null,
    model: finished?.model ?? model,
    usage: finished?.usage ?? undefined,
    error: code ? toPublicError(code) : undefined,
  };
}

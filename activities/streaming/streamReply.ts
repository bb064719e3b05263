import type { Pool } from '../../db/core/pool.js';
import { readRelayRequest } from '../../db/relay/readRelayRequest.js';
import type { Speaker } from '../../db/streaming/drafts.js';
import { landedVerdict } from '../../db/streaming/landedVerdict.js';
import { closeReply, landReply, type Reply } from '../../db/streaming/landReply.js';
import { TurnFailure, toPublicError } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { PromptLimits } from '../../domain/narrative/prompt.js';
import { countChips, type RelayEnd, type RelayInfo } from '../../domain/relay/relay.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import { cutCode, goneVerdict, type ReplyVerdict } from '../../domain/turns/verdict.js';
import type { ReplyProvider } from '../../llm/port.js';
import type { Upstream } from '../../llm/relay/upstream.js';
import type { Asked, Course, Fallback } from './course.js';
import { readReplyPrompt } from './replyPrompt.js';
import type { ReplyStream } from './replyStream.js';
import { usageOfStream } from './streamCall.js';
import type { StreamEnd } from './streamEnd.js';
import type { Streaming } from './streaming.js';

export type StreamReplyInput = DraftKey & Speaker & { kind: ChatKind };

export type StreamReplyDeps = {
  pool: Pool;
  provider: ReplyProvider;
  model: string;
  prompt: PromptLimits;
  fallback: Fallback | undefined;
  /** Null where no other chat service is configured. */
  upstream: Upstream | null;
};

/** Streams a reply to viewers and appends it. */
export function createStreamReply(deps: StreamReplyDeps, stream: Streaming) {
  const { pool, provider, model } = deps;
  return ({ turnId, beat, kind, ...speaker }: StreamReplyInput): Promise<ReplyVerdict> => {
    const key = { turnId, beat };
    const startedAt = Date.now();
    const course: Course<ReplyVerdict> = {
      key,
      kind,
      speaker,
      step: stepName.reply(beat),
      gone: goneVerdict,
      settles: false,
      landed: landedVerdict,
      async read() {
        if (kind === 'relay') return askUpstream(deps, turnId);
        const messages = await readReplyPrompt(pool, { ...key, speakerId: speaker.speakerId, kind });
        return (
          messages &&
          (async () => ({ provider, fallback: deps.fallback, request: { model, messages: messages(deps.prompt) } }))
        );
      },
      close: () => closeReply(pool, key, { model }),
      land: (fence, streamed, end) =>
        landReply(pool, key, fence, toReply(streamed, end, { ...deps, relayed: kind === 'relay', startedAt })),
    };
    return stream(course);
  };
}

/** What is kept of a stream that has ended, or was stopped. */
function toReply(stream: ReplyStream, end: StreamEnd, options: ReplyOptions): Reply {
  const finished = end.how === 'finished' ? end : null;
  const code = cutCode(finished?.reason);
  return {
    text: stream.text(),
    truncated: end.how === 'stopped' || code !== null,
    model: finished?.model ?? options.model,
    usage: usageOfStream(stream, finished?.usage ?? null, options.prompt.countTokens),
    continuedEpoch: stream.call.continuedEpoch,
    error: code ? toPublicError(code) : undefined,
    ...(options.relayed ? relayedReply(stream, finished?.relay ?? null, options) : {}),
  };
}

type ReplyOptions = {
  model: string;
  relayed: boolean;
  startedAt: number;
  prompt: PromptLimits;
};

/** What is kept of a relayed reply. */
function relayedReply(stream: ReplyStream, end: RelayEnd | null, { startedAt }: ReplyOptions) {
  const text = stream.text();
  const info: RelayInfo = {
    ...stream.meta(),
    conversationId: end?.conversationId ?? null,
    durationMs: end?.durationMs ?? Date.now() - startedAt,
    chips: countChips(text),
  };
  return { model: 'relay', relay: { info, paneSpawned: end?.paneSpawned ?? false } };
}

/** The other chat service in the place of a provider: it is asked for the turn, not with a prompt. */
async function askUpstream({ pool, upstream }: StreamReplyDeps, turnId: string) {
  const asked = await readRelayRequest(pool, turnId);
  if (!asked) return null;
  return async (): Promise<Asked> => {
    if (!upstream) throw new TurnFailure('upstream_unreachable');
    // The upstream reads none of these: its tokens are counted by them.
    const messages = [...(asked.primer ?? []), { role: 'user' as const, content: asked.message }];
    const provider: ReplyProvider = {
      streamReply: ({ requestId }, options) => upstream.answer({ ...asked, requestId }, options),
    };
    return { provider, request: { model: 'relay', messages } };
  };
}

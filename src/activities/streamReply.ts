import type { Speaker } from '../db/drafts.js';
import { landedVerdict } from '../db/landedVerdict.js';
import { closeReply, landReply, type Reply } from '../db/landReply.js';
import type { Pool } from '../db/pool.js';
import { readRelayRequest } from '../db/readRelayRequest.js';
import { type FailureCode, TurnFailure, toPublicError } from '../domain/failures.js';
import type { DraftKey } from '../domain/frames.js';
import type { PromptLimits, PromptMessage } from '../domain/prompt.js';
import { countChips, type RelayEnd, type RelayInfo } from '../domain/relay.js';
import { stepName } from '../domain/stepName.js';
import type { ChatKind, TokenUsage } from '../domain/turn.js';
import { estimatedUsage } from '../domain/usage.js';
import { goneVerdict, type ReplyVerdict } from '../domain/verdict.js';
import type { ReplyProvider } from '../llm/port.js';
import type { Upstream } from '../llm/relay/upstream.js';
import type { Asked, Course, Fallback } from './course.js';
import { readReplyPrompt } from './replyPrompt.js';
import type { ReplyStream, StreamEnd } from './replyStream.js';
import type { Streaming } from './streaming.js';

export type StreamReplyInput = DraftKey & Speaker & { kind?: ChatKind | undefined };

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
    let assemble: Awaited<ReturnType<typeof readReplyPrompt>> = null;
    const course: Course<ReplyVerdict> = {
      key,
      // Turns that began when there was one kind do not say theirs.
      kind: kind ?? 'narrative',
      speaker,
      step: stepName.reply(beat),
      gone: goneVerdict,
      settles: false,
      landed: landedVerdict,
      async read() {
        if (kind === 'relay') return askUpstream(deps, turnId);
        assemble = await readReplyPrompt(pool, { ...key, speakerId: speaker.speakerId, kind });
        const messages = assemble;
        return (
          messages &&
          (async () => ({ provider, fallback: deps.fallback, request: { model, messages: messages(deps.prompt) } }))
        );
      },
      close: () => closeReply(pool, key, { model }),
      land: (fence, streamed, end) =>
        landReply(
          pool,
          key,
          fence,
          toReply(streamed, end, { ...deps, relayed: kind === 'relay', startedAt, assemble }),
        ),
    };
    return stream(course);
  };
}

/** What is kept of a stream that has ended, or was stopped. */
function toReply(stream: ReplyStream, end: StreamEnd, options: ReplyOptions): Reply {
  const finished = end.how === 'finished' ? end : null;
  const cut = finished?.reason === 'length' || finished?.reason === 'content_filter';
  const code: FailureCode | null = cut ? (finished.reason as 'length' | 'content_filter') : null;
  return {
    text: stream.text(),
    truncated: end.how === 'stopped' || code !== null,
    model: finished?.model ?? options.model,
    usage: usageOf(stream.text(), finished?.usage ?? null, options),
    error: code ? toPublicError(code) : undefined,
    ...(options.relayed ? relayedReply(stream, finished?.relay ?? null, options) : {}),
  };
}

type ReplyOptions = {
  model: string;
  relayed: boolean;
  startedAt: number;
  prompt: PromptLimits;
  assemble: ((limits: PromptLimits) => PromptMessage[]) | null;
};

/** The provider's own count; where it gave none, or was not heard to its end, one made here. */
function usageOf(text: string, said: TokenUsage | null, { model, prompt, assemble }: ReplyOptions): TokenUsage {
  if (said) return said;
  const { countTokens } = prompt;
  const asked = assemble?.(prompt) ?? [];
  const counted = asked.reduce((sum, { content }) => sum + countTokens(content), 0);
  return estimatedUsage(model, { prompt: counted, completion: countTokens(text) });
}

/** What is kept of a relayed reply, which says nothing of tokens: they are counted here, and marked as estimated. */
function relayedReply(stream: ReplyStream, end: RelayEnd | null, { startedAt, prompt }: ReplyOptions) {
  const text = stream.text();
  const usage = estimatedUsage('relay', { prompt: 0, completion: prompt.countTokens(text) });
  const info: RelayInfo = {
    ...stream.meta(),
    conversationId: end?.conversationId ?? null,
    durationMs: end?.durationMs ?? Date.now() - startedAt,
    chips: countChips(text),
  };
  return { model: 'relay', usage, relay: { info, paneSpawned: end?.paneSpawned ?? false } };
}

/** The other chat service in the place of a provider: it is asked for the turn, not with a prompt. */
async function askUpstream({ pool, upstream }: StreamReplyDeps, turnId: string) {
  const asked = await readRelayRequest(pool, turnId);
  if (!asked) return null;
  return async (): Promise<Asked> => {
    if (!upstream) throw new TurnFailure('upstream_unreachable');
    const provider: ReplyProvider = {
      streamReply: ({ requestId }, options) => upstream.answer({ ...asked, requestId }, options),
    };
    return { provider, request: { model: 'relay', messages: [] } };
  };
}

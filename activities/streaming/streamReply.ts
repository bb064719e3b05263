import type { Pool } from '../../db/core/pool.js';
import { landedVerdict } from '../../db/streaming/landedVerdict.js';
import { closeReply, landReply, type Reply } from '../../db/streaming/landReply.js';
import type { Lease, Speaker } from '../../db/streaming/leases.js';
import { readBeatText } from '../../db/timeline/beatText.js';
import { TurnFailure, toPublicError } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { PromptLimits } from '../../domain/narrative/prompt.js';
import { speakerNames } from '../../domain/narrative/speakerNames.js';
import { countChips, type RelayEnd, type RelayInfo, type RelayRequest } from '../../domain/relay/relay.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { ReplyKind } from '../../domain/turns/turn.js';
import { approximateTokens } from '../../domain/turns/usage.js';
import { cutCode, goneVerdict, type ReplyVerdict } from '../../domain/turns/verdict.js';
import type { ReplyProvider } from '../../llm/port.js';
import type { Upstream } from '../../llm/relay/upstream.js';
import type { StreamStep } from './attempt.js';
import { imageLoader } from './imageLoader.js';
import type { ProviderStream } from './providerStream.js';
import { promptMessages, type ReplyPrompt, readReplyPrompt } from './replyPrompt.js';
import { usageOfStream } from './streamCall.js';
import type { StreamEnd } from './streamEnd.js';
import type { Fallback, ModelRequest } from './streamedStep.js';

export type StreamReplyInput = DraftKey & Speaker & { kind: ReplyKind };

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
export function createStreamReply(deps: StreamReplyDeps, streamStep: StreamStep) {
  const { pool, model } = deps;
  return ({ turnId, beat, kind, ...speaker }: StreamReplyInput): Promise<ReplyVerdict> => {
    const key = { turnId, beat };
    const startedAt = Date.now();
    return streamStep<ReplyPrompt, ReplyVerdict>({
      key,
      kind,
      speaker,
      name: stepName.reply(beat),
      gone: goneVerdict,
      checkpointBeforeLanding: false,
      findLanded: landedVerdict,
      readPrompt: () => readReplyPrompt(pool, { ...key, speakerId: speaker.speakerId }, kind),
      toRequest: (prompt, lease) => toRequest(deps, { ...lease, beat, turnId: key.turnId }, prompt),
      close: () => closeReply(pool, key, { model }),
      land: (fence, stream, end) =>
        landReply(pool, key, fence, toReply(stream, end, { ...deps, relayed: kind === 'relay', startedAt })),
    });
  };
}

async function toRequest(
  { pool, provider, model, fallback, prompt: limits, upstream }: StreamReplyDeps,
  { continues, turnId, ...place }: Pick<Lease, 'continues' | 'chatId'> & { beat: number; turnId: string },
  prompt: ReplyPrompt,
): Promise<ModelRequest> {
  const continued = continues === null ? null : await readBeatText(pool, { ...place, turnId: continues });
  const messages = promptMessages(prompt, continued === null ? limits : limitsBeside(continued, limits));
  if (prompt.kind === 'relay')
    return { provider: relayProvider(upstream, prompt.request), request: { model: 'relay', messages } };
  return {
    provider,
    fallback,
    request: { model, messages, loadImages: imageLoader(pool, turnId) },
    ...namesOf(prompt),
    ...(continued === null ? {} : { continued }),
  };
}

/** Leaves room for the text that a reply goes on from: at most half of what the prompt may have. */
function limitsBeside(text: string, limits: PromptLimits): PromptLimits {
  const { soft, hard } = limits;
  const taken = Math.min(approximateTokens([text]), Math.floor(soft / 2));
  return { ...limits, soft: soft - taken, hard: hard - taken };
}

const namesOf = (prompt: ReplyPrompt) => (prompt.kind === 'narrative' ? { names: speakerNames(prompt.input) } : {});

/** The other chat service in the place of a provider: it gets the turn, not a prompt. */
function relayProvider(upstream: Upstream | null, request: RelayRequest): ReplyProvider {
  if (!upstream) throw new TurnFailure('upstream_unreachable');
  return { streamReply: ({ requestId }, options) => upstream.answer({ ...request, requestId }, options) };
}

/** What is kept of a stream that has ended, or was stopped. */
function toReply(stream: ProviderStream, end: StreamEnd, options: ReplyOptions): Reply {
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
function relayedReply(stream: ProviderStream, end: RelayEnd | null, { startedAt }: ReplyOptions) {
  const text = stream.text();
  const info: RelayInfo = {
    ...stream.meta(),
    conversationId: end?.conversationId ?? null,
    durationMs: end?.durationMs ?? Date.now() - startedAt,
    chips: countChips(text),
  };
  return { model: 'relay', relay: { info, paneSpawned: end?.paneSpawned ?? false } };
}

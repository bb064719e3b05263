import { NO_FINISH_REASON, type Spent, TurnFailure } from '../../domain/log/failures.js';
import { apiOfStored, profileSettingOf } from '../../domain/providers/apiOf.js';
import type { AllowedHost } from '../../lib/providerAddress.js';
import { isContinuation } from '../chatCompletions/chatCompletions.js';
import type { ReplyPart, ReplyProvider } from '../port.js';
import type { LearnedFacts } from '../profiles/learnedFacts.js';
import { createReplyPort } from '../replyPorts.js';

export type StoredProvider = {
  baseUrl: string;
  apiKey: string;
  continuation: string | null;
  /** Null, or a word that this release does not know: by the host of the base URL. */
  api: string | null;
  profile: string | null;
  /** Stored by the operator, who may use loopback addresses and see the codes of failures. */
  byOperator: boolean;
};

type Known = { facts?: LearnedFacts; log?: { warn(fields: object, message: string): void } };

/**
 * A provider that an owner has stored. It reaches public addresses and those that the operator allows. All its failures
 * have one code, unless the operator stored it, because different codes would let owners scan the inner network.
 */
export function createStoredProvider(
  { baseUrl, apiKey, byOperator, ...stored }: StoredProvider,
  allowed: readonly AllowedHost[],
  { facts, log }: Known = {},
): ReplyProvider {
  const provider = createReplyPort({
    baseUrl,
    apiKey,
    profile: profileSettingOf(stored),
    api: apiOfStored({ baseUrl, ...stored }),
    continuation: isContinuation(stored.continuation) ? stored.continuation : null,
    addresses: { allowed, loopback: byOperator },
    facts,
    log,
  });
  return byOperator
    ? provider
    : { ...provider, streamReply: (...asked) => withOneFailure(provider.streamReply(...asked)) };
}

/** Replaces failures by `provider_failed`. The original code and cause are kept for the log only. */
async function* withOneFailure(parts: AsyncIterable<ReplyPart>): AsyncGenerator<ReplyPart> {
  let spent: Spent = 'call';
  try {
    for await (const part of parts) {
      spent = 'tokens';
      yield part;
    }
  } catch (error) {
    if (!(error instanceof TurnFailure)) throw error;
    // It follows text of an earlier attempt only, so it tells nothing about the network.
    if (error.code === 'response_gone') throw error;
    const { code, retryAfterMs, usage, detail } = error;
    const cause = { failure: code, detail, ...(error.cause as object | undefined) };
    // The next attempt has to know this end, which only an API has.
    const known = detail?.code === NO_FINISH_REASON ? { detail } : {};
    throw new TurnFailure('provider_failed', { retryAfterMs, usage, spent, cause, ...known });
  }
}

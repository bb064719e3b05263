import { type Spent, TurnFailure } from '../../domain/log/failures.js';
import type { AllowedHost } from '../../lib/providerAddress.js';
import { createChatCompletions, isContinuation } from '../chatCompletions/chatCompletions.js';
import type { ReplyPart, ReplyProvider } from '../port.js';

export type StoredProvider = {
  baseUrl: string;
  apiKey: string;
  continuation: string | null;
  /** Stored by the operator, who may reach this machine's loopback and see how a server failed. */
  byOperator: boolean;
};

/**
 * A provider that an owner has stored. It reaches public addresses and what the operator allows. How it fails would
 * tell its owner what is at an address, so all failures are one, unless the owner is the operator.
 */
export function createStoredProvider(
  { baseUrl, apiKey, continuation, byOperator }: StoredProvider,
  allowed: readonly AllowedHost[],
): ReplyProvider {
  const provider = createChatCompletions({
    baseUrl,
    apiKey,
    continuation: isContinuation(continuation) ? continuation : null,
    addresses: { allowed, loopback: byOperator },
  });
  return byOperator ? provider : { ...provider, streamReply: (...asked) => asOne(provider.streamReply(...asked)) };
}

/** The failure's own code and its cause stay with it, for the log. What it cost says nothing of the server either. */
async function* asOne(parts: AsyncIterable<ReplyPart>): AsyncGenerator<ReplyPart> {
  let spent: Spent = 'call';
  try {
    for await (const part of parts) {
      spent = 'tokens';
      yield part;
    }
  } catch (error) {
    if (!(error instanceof TurnFailure)) throw error;
    const { code, retryAfterMs, usage, detail } = error;
    const cause = { failure: code, detail, ...(error.cause as object | undefined) };
    throw new TurnFailure('provider_failed', { retryAfterMs, usage, spent, cause });
  }
}

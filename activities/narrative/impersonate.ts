import { storeImpersonation } from '../../db/chats/impersonations.js';
import type { Pool } from '../../db/core/pool.js';
import { readImpersonation } from '../../db/narrative/readImpersonation.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { impersonationNames, impersonationPrompt } from '../../domain/narrative/impersonation.js';
import type { PromptLimits } from '../../domain/narrative/prompt.js';
import { stopSequences } from '../../domain/narrative/speakerNames.js';
import { runBounded } from '../../lib/bounded.js';
import { through } from '../../llm/partStage.js';
import type { ReplyPart } from '../../llm/port.js';
import { createReceivedParts } from '../../llm/receivedParts.js';
import { asOwnAttempt } from '../ownAttempt.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import { imageLoader } from '../streaming/imageLoader.js';
import { createOwnParts } from '../streaming/ownParts.js';
import type { ProviderOf } from '../streaming/providerOf.js';
import type { CallWatch, Telemetry } from '../telemetry.js';

export type ImpersonateDeps = {
  pool: Pool;
  prompt: PromptLimits;
  silenceMs: number;
  providerOf: ProviderOf;
  telemetry: Pick<Telemetry, 'calls'>;
};

/** A person waits for the answer. */
const rule = { attempts: 2, initialMs: 500 };
/** The longest time of one attempt, in milliseconds: shorter than the activity's timeout. */
const ATTEMPT_MS = 45_000;

/** Writes the user's next message with the chat's model, and stores it until the request takes it. No log has it. */
export function createImpersonate(deps: ImpersonateDeps) {
  return ({ impersonationId: id }: { impersonationId: string }): Promise<void> =>
    asOwnAttempt(rule, ({ attempt, signal }) => impersonate(deps, { id, attempt }, signal));
}

type Attempt = { id: string; attempt: number };

async function impersonate(deps: ImpersonateDeps, { id, attempt }: Attempt, signal: AbortSignal): Promise<void> {
  const input = await retryWhileDatabaseAway(() => readImpersonation(deps.pool, id), signal);
  if (!input) return;
  const { provider, fallback: _, ...options } = await deps.providerOf(input.chatId);
  const { model } = options;
  const names = impersonationNames(input);
  const request = {
    ...options,
    messages: impersonationPrompt(input, deps.prompt),
    foreignLines: stopSequences(names),
    loadImages: imageLoader(deps.pool, input.chatId),
    requestId: `${id}/impersonate/${attempt}`,
  };
  const step = 'impersonate';
  const watch = deps.telemetry.calls({
    ...{ purpose: 'impersonation', model, chatId: input.chatId, turnId: null, step, attempt },
  });
  try {
    const text = await runBounded(signal, ATTEMPT_MS, (within) => {
      const received = through(
        provider.streamReply(request, { signal: within, silenceMs: deps.silenceMs }),
        createReceivedParts(),
      );
      return readText(through(received, createOwnParts({ names, model, before: '' })), watch);
    }).catch(asTimeout);
    await retryWhileDatabaseAway(() => storeImpersonation(deps.pool, id, text));
  } catch (error) {
    const code = error instanceof TurnFailure ? error.code : 'internal';
    watch.ended(signal.aborted ? { outcome: 'stopped' } : { outcome: 'failed', code, cause: error });
    throw error;
  }
}

function asTimeout(error: unknown): never {
  if (error instanceof DOMException && error.name === 'TimeoutError') throw new TurnFailure('reply_timeout');
  throw error;
}

/** Reads the text of an answer to its end; one that is cut by a limit is an answer too. */
async function readText(parts: AsyncIterable<ReplyPart>, watch: CallWatch): Promise<string> {
  let text = '';
  for await (const part of parts) {
    if (part.type === 'delta') {
      watch.delta();
      if (part.channel === 'text') text += part.text;
    } else if (part.type === 'text_was_thinking') text = '';
    else if (part.type === 'finish') {
      const said = text.trim();
      if (said === '') throw new TurnFailure('empty_reply', { usage: part.usage });
      watch.ended({ outcome: 'done', usage: part.usage, reason: part.reason });
      return said;
    }
  }
  throw new TurnFailure('stream_broken');
}

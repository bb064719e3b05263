import { TurnFailure } from '../../domain/log/failures.js';
import type { Fields } from '../looseJson.js';
import type { FinishReason } from '../port.js';
import { finishReasonOf } from './finishReasons.js';

/** How the stream ended: `done` with `[DONE]`, `closed` with the body, `broken` with the connection or by silence. */
export type StreamEnding = 'done' | 'closed' | 'broken';

/** The longest wait for usage, which may follow the finish reason, in milliseconds: the reply is complete by then. */
const USAGE_WAIT_MS = 3_000;
/** The same where the reason came with content: some servers send one with each chunk, and more content may follow. */
const CONTENT_WAIT_MS = 15_000;

/**
 * Decides when a reply has ended. Servers send the finish reason once, after the content; or with the last content; or
 * with every chunk. Content after a reason shows that it was none, and that the next ones that come with content are none.
 */
export function createEndOfReply() {
  let reason: FinishReason | null = null;
  /** Whether the reason ends the reply, also where the connection breaks. */
  let hasEnded = false;
  let cameWithContent = false;
  let isEmpty = true;
  let comesWithContent = false;
  return {
    isGivenBy: (choice: Fields): boolean => wordOf(choice) !== null,
    /** Throws `provider_error` for a reason that means that the server gave up. `isWhole`: the answer is no stream. */
    take(choice: Fields, { hasContent, isWhole }: { hasContent: boolean; isWhole: boolean }): void {
      if (hasContent) isEmpty = false;
      if (hasContent && hasEnded) [hasEnded, comesWithContent] = [false, true];
      const word = wordOf(choice) ?? (isWhole ? 'stop' : null);
      if (word === 'broken') throw new TurnFailure('provider_error');
      if (word === null) return;
      reason = word;
      // Before any content it is one of many: the model has not begun.
      hasEnded = isWhole || !(isEmpty || (hasContent && comesWithContent));
      cameWithContent = hasContent && !isWhole;
    },
    graceMs: (): number | undefined => (hasEnded ? (cameWithContent ? CONTENT_WAIT_MS : USAGE_WAIT_MS) : undefined),
    /** The reason of a reply that ended so; null where it is not complete. */
    reasonAt: (ending: StreamEnding): FinishReason | null => (ending === 'broken' && !hasEnded ? null : reason),
  };
}

const wordOf = (choice: Fields): FinishReason | 'broken' | null =>
  finishReasonOf(choice.finish_reason) ?? finishReasonOf(choice.finishReason) ?? finishReasonOf(choice.stop_reason);

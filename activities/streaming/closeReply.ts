import type { Pool } from '../../db/core/pool.js';
import { closeReply } from '../../db/streaming/landReply.js';
import { readResponseId } from '../../db/streaming/leases.js';
import { type FailureCode, toPublicError } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import type { ReplyProvider } from '../../llm/port.js';

export type CloseReplyInput = DraftKey & {
  speakerId: string;
  /** Why it failed; null when it was stopped. */
  code: FailureCode | null;
};

/** Closes a reply in place of its own attempts: appends the checkpointed text. */
export function createCloseReply(deps: { pool: Pool; model: string; provider: ReplyProvider }) {
  return async ({ turnId, beat, speakerId, code }: CloseReplyInput): Promise<ReplyVerdict> => {
    const kept = deps.provider.cancel && (await readResponseId(deps.pool, { turnId, beat }));
    if (kept) void deps.provider.cancel?.(kept);
    return closeReply(
      deps.pool,
      { turnId, beat },
      {
        model: deps.model,
        speakerId,
        error: code ? toPublicError(code) : undefined,
      },
    );
  };
}

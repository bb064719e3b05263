import { endCall } from '../../db/agents/toolCalls.js';
import type { Pool } from '../../db/core/pool.js';
import { closeReply } from '../../db/streaming/landReply.js';
import { type FailureCode, failures, toPublicError } from '../../domain/log/failures.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';

/** Appends an agent's whole reply from the text of its iterations. `code` is set where the provider cut it short. */
export function createLandAgent(deps: { pool: Pool; model: string }) {
  return ({ turnId, code }: { turnId: string; code: FailureCode | null }): Promise<ReplyVerdict> =>
    closeReply(
      deps.pool,
      { turnId, beat: 0 },
      {
        model: deps.model,
        speakerId: ASSISTANT.id,
        truncated: code !== null,
        error: code ? toPublicError(code) : undefined,
      },
    );
}

/** Ends a call whose activity failed, with an error as the result that the model reads. */
export function createFailCall(deps: { pool: Pool }) {
  return async ({ turnId, callId, code }: { turnId: string; callId: string; code: FailureCode }): Promise<void> => {
    await endCall(deps.pool, { turnId, callId }, { success: false, content: `${code}: ${failures[code].message}` });
  };
}

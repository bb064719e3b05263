import { isFailureCode } from '../../domain/log/failures.js';
import type { DraftKey } from '../../domain/log/frames.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { PublicError } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import type { Tx } from '../core/pool.js';
import { findEffect } from '../timeline/log.js';
import { LANDED } from './replyEventNumbers.js';

/** The verdict of a reply that is in the log. Null when it has not landed. */
export async function landedVerdict(tx: Tx, { turnId, beat }: DraftKey): Promise<ReplyVerdict | null> {
  const event = await findEffect(tx, turnId, stepName.reply(beat), LANDED);
  return event?.kind === 'assistant_turn' ? verdictOf(event.data) : null;
}

/** The verdict of a reply that lands: flags and a failure code, no text. */
export function verdictOf(reply: { text: string; truncated: boolean; error?: PublicError | undefined }): ReplyVerdict {
  const code = reply.error?.code;
  return {
    gone: false,
    landed: true,
    truncated: reply.truncated,
    empty: reply.text === '',
    code: code && isFailureCode(code) ? code : null,
  };
}

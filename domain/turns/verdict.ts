import type { FailureCode } from '../log/failures.js';
import type { EndStatus } from './turn.js';

/** How a reply ended, as the workflow may know it: no prose, only verdicts and codes. */
export type ReplyVerdict = {
  /** The turn has ended elsewhere or is no more: there is nothing left to do. */
  gone: boolean;
  /** An `assistant_turn` of it is in the log. */
  landed: boolean;
  truncated: boolean;
  /** Landed without any text. */
  empty: boolean;
  /** Why it is truncated, when it was not stopped. */
  code: FailureCode | null;
};

export const goneVerdict: ReplyVerdict = { gone: true, landed: false, truncated: false, empty: true, code: null };

/** Stopped before anything had arrived: nothing of it is in the log. */
export const stoppedVerdict: ReplyVerdict = { gone: false, landed: false, truncated: false, empty: true, code: null };

/** The ends before its own end that leave a reply usable, if short. */
const cuts = ['length', 'content_filter', 'reply_timeout'] as const satisfies FailureCode[];

/** The code of a reply that finished for this reason, null where it came to its own end. */
export const cutCode = (reason: string | null | undefined): (typeof cuts)[number] | null =>
  cuts.find((cut) => cut === reason) ?? null;

/** What a turn ends in, given how its reply did. */
export function endOfTurn(verdict: ReplyVerdict): { status: EndStatus; code: FailureCode | null } {
  if (verdict.landed && !verdict.truncated) return { status: 'completed', code: null };
  if (!verdict.code) return { status: 'cancelled', code: null };
  const isUsable = cutCode(verdict.code) !== null && !(verdict.code === 'reply_timeout' && verdict.empty);
  return { status: isUsable ? 'completed' : 'failed', code: verdict.code };
}

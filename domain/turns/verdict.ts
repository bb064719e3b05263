import type { FailureCode } from '../log/failures.js';
import type { EndStatus } from './endStatus.js';

/** How a reply ended, for the workflow: booleans and codes, no prose. */
export type ReplyVerdict = {
  /** Another process has ended the turn, or it does not exist: no step is left to do. */
  gone: boolean;
  /** The log has an `assistant_turn` of the reply. */
  landed: boolean;
  truncated: boolean;
  /** Landed without any text. */
  empty: boolean;
  /** Why it is truncated; null if it is not, or was stopped. */
  code: FailureCode | null;
};

export const goneVerdict: ReplyVerdict = { gone: true, landed: false, truncated: false, empty: true, code: null };

/** The reply was stopped before any text arrived: it is not in the log. */
export const stoppedVerdict: ReplyVerdict = { gone: false, landed: false, truncated: false, empty: true, code: null };

/** Codes of replies that were cut and are still usable. */
const cuts = ['length', 'content_filter', 'reply_timeout'] as const satisfies FailureCode[];

/** Returns the reason as a code if it is one of `cuts`, else null. */
export const cutCode = (reason: string | null | undefined): (typeof cuts)[number] | null =>
  cuts.find((cut) => cut === reason) ?? null;

/** How a turn ends, given how its reply ended. */
export function endOfTurn(verdict: ReplyVerdict): { status: EndStatus; code: FailureCode | null } {
  if (verdict.landed && !verdict.truncated) return { status: 'completed', code: null };
  if (!verdict.code) return { status: 'cancelled', code: null };
  const isUsable = cutCode(verdict.code) !== null && !(verdict.code === 'reply_timeout' && verdict.empty);
  return { status: isUsable ? 'completed' : 'failed', code: verdict.code };
}

import type { FailureCode } from './failures.js';
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

/** The ends that a provider itself gives a reply: usable, if short. */
const cutByProvider = new Set<FailureCode>(['length', 'content_filter']);

/** What a turn ends in, given how its reply did. */
export function endOfTurn(verdict: ReplyVerdict): { status: EndStatus; code: FailureCode | null } {
  if (verdict.landed && !verdict.truncated) return { status: 'completed', code: null };
  if (!verdict.code) return { status: 'cancelled', code: null };
  return { status: cutByProvider.has(verdict.code) ? 'completed' : 'failed', code: verdict.code };
}

import type { FailureCode } from '../log/failures.js';
import type { EndStatus } from './endStatus.js';

/** How a reply ended, as the workflow may know it: no prose, only verdicts and codes. */
export type ReplyVerdict = {
  /** The turn was ended by another process, or does not exist: there is nothing left to do. */
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

/** Stopped before any text had arrived: the log has nothing of it. */
export const stoppedVerdict: ReplyVerdict = { gone: false, landed: false, truncated: false, empty: true, code: null };

/** Why a reply was cut and is still usable. */
const cuts = ['length', 'content_filter', 'reply_timeout'] as const satisfies FailureCode[];

/** The code of a reply that was cut for this reason, null for one that was not cut. */
export const cutCode = (reason: string | null | undefined): (typeof cuts)[number] | null =>
  cuts.find((cut) => cut === reason) ?? null;

/** What a turn ends in, given how its reply did. */
export function endOfTurn(verdict: ReplyVerdict): { status: EndStatus; code: FailureCode | null } {
  if (verdict.landed && !verdict.truncated) return { status: 'completed', code: null };
  if (!verdict.code) return { status: 'cancelled', code: null };
  const isUsable = cutCode(verdict.code) !== null && !(verdict.code === 'reply_timeout' && verdict.empty);
  return { status: isUsable ? 'completed' : 'failed', code: verdict.code };
}

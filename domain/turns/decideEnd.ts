import { type FailureCode, toPublicError } from '../log/failures.js';
import type { EndStatus } from './endStatus.js';
import type { PublicError, StopMark } from './turn.js';
import type { ReplyVerdict } from './verdict.js';

/** How a turn ended, as reported by its workflow or by the code that closes it. */
export type EndCommand = { status: EndStatus; error?: PublicError | undefined };

export type EndDecision = {
  status: EndStatus;
  error: PublicError | undefined;
  /** The turn's events leave the timeline. */
  isRolledBack: boolean;
  /** The end may change which events are in the timeline. */
  changesMarks: boolean;
};

/** Decides how a turn ends, given its stop mark. `regenerates`: the version that the turn was to replace. */
export function decideEnd(
  { status, error }: EndCommand,
  { stop, regenerates }: { stop: StopMark | null; regenerates: string | null },
): EndDecision {
  const isRolledBack = stop === 'rollback';
  const changesMarks = isRolledBack || regenerates !== null;
  if (isRolledBack) return { status: 'cancelled', error, isRolledBack, changesMarks };
  // No client stopped it: its workflow failed at every attempt, and the reconciler passed its floor on.
  if (stop === 'failing' && status === 'cancelled')
    return { status: 'failed', error: toPublicError('workflow_failing'), isRolledBack, changesMarks };
  return { status, error, isRolledBack, changesMarks };
}

/** The error of a turn, and of its replies, if it is closed without its workflow; none if it was to be stopped. */
export const errorOfClosed = (stop: StopMark | null, code: FailureCode): PublicError | undefined =>
  stop === null || stop === 'failing' ? toPublicError(code) : undefined;

/** Decides how a turn ends that is closed without its workflow, given how its replies ended. */
export function decideClose(
  { code }: { code: FailureCode },
  { stop, replies }: { stop: StopMark | null; replies: readonly ReplyVerdict[] },
): EndCommand {
  const isWhole = replies.length > 0 && replies.every((reply) => reply.landed && !reply.truncated);
  if (isWhole) return { status: 'completed' };
  const error = errorOfClosed(stop, code);
  return error ? { status: 'failed', error } : { status: 'cancelled' };
}

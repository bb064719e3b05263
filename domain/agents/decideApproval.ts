import type { StopMark } from '../turns/turn.js';

/** A call of a tool as far as its approval goes. `approved` is null while nothing is decided. */
export type ApprovableCall = { status: string; approved: boolean | null };

/** `asked`: the call waits for a person. `decided`: there is a decision already. `over`: no decision is needed any more. */
export type ApprovalRequest = 'asked' | 'decided' | 'over';

/** Whether a call begins to wait for a person. `turn` is null when nothing may be appended to it any more. */
export function decideApprovalRequest(
  turn: { stop: StopMark | null } | null,
  call: ApprovableCall | null,
): ApprovalRequest {
  if (!turn || turn.stop || !call || call.status === 'done') return 'over';
  return call.approved === null ? 'asked' : 'decided';
}

/** `decider`: a caller of the api with the level of its key, or an operator of the engine, who decides at any level. */
export type ApprovalCommand = { approved: boolean; decider: { level: number } | 'operator' };

export type ApprovalState = {
  /** Whether the call's turn may still be appended to. */
  isLive: boolean;
  call: ApprovableCall | null;
  /** Of the call's tool; null when the tool is not listed at the moment. */
  toolLevel: number | null;
};

/** `decided`: the decision is stored. `same`: it is the one that is stored. */
export type ApprovalDecision = 'decided' | 'same' | 'not_pending' | 'not_permitted';

/** The first decision on a call counts. Approving needs the tool's level; denying does not. */
export function decideApproval(
  { approved, decider }: ApprovalCommand,
  { isLive, call, toolLevel }: ApprovalState,
): ApprovalDecision {
  if (!call) return 'not_pending';
  if (approved && decider !== 'operator' && decider.level < (toolLevel ?? UNLISTED)) return 'not_permitted';
  if (call.approved !== null) return call.approved === approved ? 'same' : 'not_pending';
  return isLive && call.status === 'awaiting_approval' ? 'decided' : 'not_pending';
}

/** A tool that is not listed counts as dangerous. */
const UNLISTED = 3;

export type Permission =
  | { approved: true }
  | { approved: false; reason: 'undecided' | 'denied' | 'changed'; comment: string | null };

/**
 * Whether a call may be made. `approvedHash` is that of the tool and the arguments that were approved, `hash` that of
 * the call as it would be made.
 */
export function permissionOf(
  call: { approved: boolean | null; comment: string | null; approvedHash: string | null; hash: string } | null,
): Permission {
  if (!call || call.approved === null) return { approved: false, reason: 'undecided', comment: null };
  if (!call.approved) return { approved: false, reason: 'denied', comment: call.comment };
  return call.approvedHash === call.hash ? { approved: true } : { approved: false, reason: 'changed', comment: null };
}

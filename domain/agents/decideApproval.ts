import type { StopMark } from '../turns/turn.js';

/** The approval state of a tool call. `approved` is null until a decision. */
export type ApprovableCall = { status: string; approved: boolean | null };

/** `asked`: the call waits for a person. `decided`: a decision exists. `over`: no decision is needed any more. */
export type ApprovalRequest = 'asked' | 'decided' | 'over';

/** Whether a call begins to wait for a person. `turn` is null if the turn no longer accepts appends. */
export function decideApprovalRequest(
  turn: { stop: StopMark | null } | null,
  call: ApprovableCall | null,
): ApprovalRequest {
  if (!turn || turn.stop || !call || call.status === 'done') return 'over';
  return call.approved === null ? 'asked' : 'decided';
}

/**
 * `decider`: an api caller with the level of its key, an operator, who may approve at any level, or the end of the time
 * for a decision.
 */
export type ApprovalCommand = { approved: boolean; decider: { level: number } | 'operator' | 'timeout' };

export type ApprovalState = {
  /** Whether the call's turn may still be appended to. */
  isLive: boolean;
  call: ApprovableCall | null;
  /** The level of the call's tool; null if the tool is not listed at the moment. */
  toolLevel: number | null;
};

/** `decided`: the decision is to be stored. `same`: the same decision is stored already. */
export type ApprovalDecision = 'decided' | 'same' | 'not_pending' | 'not_permitted';

/** The first decision on a call counts. Approving needs the tool's level; denying does not. */
export function decideApproval(
  { approved, decider }: ApprovalCommand,
  { isLive, call, toolLevel }: ApprovalState,
): ApprovalDecision {
  if (!call) return 'not_pending';
  if (approved && typeof decider === 'object' && decider.level < (toolLevel ?? UNLISTED)) return 'not_permitted';
  if (call.approved !== null) return call.approved === approved ? 'same' : 'not_pending';
  return isLive && call.status === 'awaiting_approval' ? 'decided' : 'not_pending';
}

/** A tool that is not listed counts as dangerous. */
const UNLISTED = 3;

export type Permission =
  | { approved: true }
  | { approved: false; reason: 'undecided' | 'denied' | 'changed'; comment: string | null };

/**
 * Whether a call may run. `approvedHash` is the hash of the approved tool name and arguments, `hash` that of the call
 * that would run.
 */
export function permissionOf(
  call: { approved: boolean | null; comment: string | null; approvedHash: string | null; hash: string } | null,
): Permission {
  if (!call || call.approved === null) return { approved: false, reason: 'undecided', comment: null };
  if (!call.approved) return { approved: false, reason: 'denied', comment: call.comment };
  return call.approvedHash === call.hash ? { approved: true } : { approved: false, reason: 'changed', comment: null };
}

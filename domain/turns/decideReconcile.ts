import type { FailureCode } from '../log/failures.js';
import type { HeldTurn } from './decideFinish.js';
import { hasEnded } from './endStatus.js';
import type { FailingTask, FoundWorkflow, OpenTurn } from './reconcile.js';
import type { StopMark } from './turn.js';

/** A task that has failed for a shorter time may be due to a deployment that is rolled back, or to a slow worker. */
export const FAILING_AFTER_MS = 15_000;
/** A slow task usually waits for a free processor. Passing the floor on earlier would fail turns under load. */
export const SLOW_AFTER_MS = 10 * 60_000;
/** The same time as for a stuck step. After it the turn ends with the text so far. */
export const CLOSE_FAILING_AFTER_MS = 24 * 3_600_000;

export type ReconcileDecision =
  | { action: 'nothing' }
  /** The workflow never ran: start it. */
  | { action: 'start' }
  /** The workflow is closed: end the turn. */
  | { action: 'close'; code: FailureCode }
  /** The workflow ran and is not found: end the turn, unless many are missing at once. */
  | { action: 'report_missing' }
  /** The workflow fails at every attempt: the next turn gets the floor. */
  | { action: 'pass_floor'; failing: FailingTask }
  /** The workflow has failed for too long: terminate it and end the turn. */
  | { action: 'terminate' }
  /** The workflow no longer fails. */
  | { action: 'clear_failing' };

/** What the reconciler does with a turn of the connected namespace, or of none. `now` is in ms since 1970. */
export function decideReconcile(turn: OpenTurn, found: FoundWorkflow, now: number): ReconcileDecision {
  switch (found.status) {
    case 'closed':
      return { action: 'close', code: closedCode(found) };
    case 'not_found':
      return { action: turn.opened ? 'report_missing' : 'start' };
    case 'running':
      if (found.failing) return decideFailing(turn, found.failing, now);
      return { action: turn.failingSince ? 'clear_failing' : 'nothing' };
  }
}

function decideFailing(turn: OpenTurn, failing: FailingTask, now: number): ReconcileDecision {
  if (turn.failingSince && now - turn.failingSince.getTime() >= CLOSE_FAILING_AFTER_MS) return { action: 'terminate' };
  if (turn.failingSince && !turn.holdsFloor) return { action: 'nothing' };
  const after = failing.slow ? SLOW_AFTER_MS : FAILING_AFTER_MS;
  return now - failing.since.getTime() >= after ? { action: 'pass_floor', failing } : { action: 'nothing' };
}

const closedCode = ({ closedAs }: { closedAs: string }): FailureCode =>
  closedAs === 'TERMINATED' ? 'workflow_terminated' : 'workflow_lost';

/** Milliseconds between two passes of the reconciler. */
export const PASS_EVERY_MS = 10_000;
/** Of the turns whose workflow is listed as running a pass describes at most about this many, and each in so many passes. */
const DESCRIBED_PER_PASS = 50;
const DESCRIBED_WITHIN_PASSES = 32;

/**
 * Whether a pass describes a turn although its workflow is listed as running: the list is late, and does not show which
 * workflows fail. `turns`: how many have not ended. `pass`: how many passes there were before. The number of parts is a
 * power of two, so that a turn keeps its place among the passes while the number of turns changes a little.
 */
export function isDescribedIn(turnId: string, { turns, pass }: { turns: number; pass: number }): boolean {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, turns / DESCRIBED_PER_PASS)));
  const parts = Math.min(wanted, DESCRIBED_WITHIN_PASSES);
  return Number.parseInt(turnId.slice(-8), 16) % parts === pass % parts;
}

/** Of the turns that are listed as running: how many there are, were described, and were not found then. */
export type ListedTurns = { turns: number; described: number; missing: number };

/** How many turns are missing if those that are only listed are missing as often as those that were described too. */
export const estimateMissing = (missing: number, { turns, described, missing: seen }: ListedTurns): number =>
  described === 0 ? missing : missing + (turns / described - 1) * seen;

/** This number of turns may be missing in one pass, even if few were checked. */
const FEW_MISSING = 3;
const MISSING_SHARE = 0.2;

/** A circuit breaker: if many turns are missing at once, Temporal has lost its data. The turns are not closed then. */
export const areTooManyMissing = ({ missing, looked }: { missing: number; looked: number }): boolean =>
  missing > Math.max(FEW_MISSING, looked * MISSING_SHARE);

export type AcceptNamespaceDecision =
  | { action: 'nothing' }
  | { action: 'start' }
  | { action: 'close'; code: FailureCode };

/**
 * What happens to a turn when an operator confirms that workflows which are not in the connected namespace are lost.
 * `lost`: what the operator chose for turns whose workflow ran and is not found.
 */
export function decideAcceptNamespace(
  { lost }: { lost: 'close' | 'restart' },
  { opened }: Pick<OpenTurn, 'opened'>,
  found: FoundWorkflow,
): AcceptNamespaceDecision {
  switch (found.status) {
    case 'running':
      return { action: 'nothing' };
    case 'closed':
      return { action: 'close', code: closedCode(found) };
    case 'not_found':
      return opened && lost === 'close' ? { action: 'close', code: 'workflow_lost' } : { action: 'start' };
  }
}

/** Whether a turn is still open after the reconciler locked it. It may have ended since it was read. */
const isRunning = ({ status }: Pick<HeldTurn, 'status'>): boolean => status !== 'queued' && !hasEnded({ status });

/** Whether the reconciler closes a turn whose workflow is gone. */
export const decideCloseLost = (turn: Pick<HeldTurn, 'status'>): { action: 'nothing' | 'close' } => ({
  action: isRunning(turn) ? 'close' : 'nothing',
});

export type FailingFloorDecision =
  | { action: 'nothing' }
  /** The turn was to be stopped: end it. */
  | { action: 'close' }
  /** The turn waits for an operator. If it holds the floor, its replies are closed and the floor is passed on. */
  | { action: 'wait'; passesFloor: boolean; isFirstTime: boolean };

/** Decides about a turn whose workflow fails at every attempt, and about the floor that it may hold. */
export function decideFailingFloor(
  turn: HeldTurn & { stop: StopMark | null; failingSince: Date | null },
): FailingFloorDecision {
  if (!isRunning(turn)) return { action: 'nothing' };
  if (turn.stop !== null && turn.stop !== 'failing') return { action: 'close' };
  return { action: 'wait', passesFloor: turn.activeTurnId === turn.turnId, isFirstTime: turn.failingSince === null };
}

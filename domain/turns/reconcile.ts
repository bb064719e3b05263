/** A Temporal namespace. Its id is a UUID of its own: two servers may each have a namespace of the same name. */
export type Namespace = { id: string; name: string; clusterId: string | null };

/**
 * Since when the task of a workflow fails again and again. `slow`: no worker reported a failure of the code, the task
 * only took too long each time, as on a machine without a free processor.
 */
export type FailingTask = { since: Date; attempt: number; cause: string; slow: boolean };

/** What Temporal says about a turn's workflow. */
export type FoundWorkflow =
  | { status: 'running'; runId: string; failing: FailingTask | null }
  | { status: 'closed'; runId: string; closedAs: string }
  | { status: 'not_found' };

/** What Postgres says about a turn that has not ended. */
export type OpenTurn = { opened: boolean; holdsFloor: boolean; failingSince: Date | null };

/** A task that has failed for less than this may be a deployment that is rolled back, or a worker that is slow. */
export const FAILING_AFTER_MS = 15_000;
/** A slow task mostly needs a free processor: passing its floor on would fail turns because of load. */
export const SLOW_AFTER_MS = 10 * 60_000;
/** As long as an operator has for a stuck step: after this the turn ends with what it has. */
export const FAILING_PATIENCE_MS = 24 * 3_600_000;

export type Action =
  | 'leave'
  /** Start the workflow: it never ran. */
  | 'start'
  /** End the turn: its workflow is closed. */
  | 'close'
  /** The workflow ran and is not found: end the turn, unless many are missing at once. */
  | 'missing'
  /** The workflow can't go on: let the next turn have the floor. */
  | 'pass_floor'
  /** The workflow could not go on for too long: end the turn. */
  | 'give_up'
  /** The workflow can go on again. */
  | 'recovered';

/** What the reconciler does about a turn that was started in the connected namespace, or in none. */
export function reconcileAction(turn: OpenTurn, found: FoundWorkflow, now: number): Action {
  switch (found.status) {
    case 'closed':
      return 'close';
    case 'not_found':
      return turn.opened ? 'missing' : 'start';
    case 'running':
      return found.failing ? failingAction(turn, found.failing, now) : turn.failingSince ? 'recovered' : 'leave';
  }
}

function failingAction(turn: OpenTurn, failing: FailingTask, now: number): Action {
  if (turn.failingSince && now - turn.failingSince.getTime() >= FAILING_PATIENCE_MS) return 'give_up';
  if (turn.failingSince && !turn.holdsFloor) return 'leave';
  const after = failing.slow ? SLOW_AFTER_MS : FAILING_AFTER_MS;
  return now - failing.since.getTime() >= after ? 'pass_floor' : 'leave';
}

/** So many turns may be missing in one pass, whatever else was looked at. */
const FEW_MISSING = 3;
const MISSING_SHARE = 0.2;

/** A circuit breaker: many turns missing at once is a Temporal server without its data, not turns that were lost. */
export const areTooManyMissing = ({ missing, looked }: { missing: number; looked: number }): boolean =>
  missing > Math.max(FEW_MISSING, looked * MISSING_SHARE);

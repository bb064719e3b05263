import type { FailureCode } from '../../domain/log/failures.js';
import { type Action, type FoundWorkflow, reconcileAction } from '../../domain/turns/reconcile.js';
import type { Pool } from '../core/pool.js';
import { clearFailing, passFailingFloor } from '../turns/failingTurn.js';
import { type Starter, startHere } from '../turns/startHere.js';
import type { StartTurn } from '../turns/turnRow.js';
import { closeLostTurn, type Unfinished } from './unfinished.js';

/** What becomes of a turn's workflow; whoever reconciles has a client of Temporal's. */
export type TurnWorkflows = Starter & {
  describe(turnId: string): Promise<FoundWorkflow>;
  terminate(turnId: string, reason: string): Promise<unknown>;
};

export type ReconcileDeps = { pool: Pool; workflows: TurnWorkflows; model: string };

export type Reconciled =
  | 'started'
  | 'closed'
  | 'floor_passed'
  | 'recovered'
  /** Its workflow ran and is not found: whether it is lost is decided together with the others. */
  | 'missing'
  /** It was started in another namespace, where it may run: nothing is done about it. */
  | 'elsewhere'
  | 'nothing';

/**
 * Looks after one turn that has not ended: started, if it never had a workflow; closed with the text that it has,
 * if its workflow was closed without it; its floor passed on, if its workflow can't go on. Each time the next in
 * the queue is started.
 */
export async function reconcileTurn(deps: ReconcileDeps, turn: Unfinished): Promise<Reconciled> {
  const { turnId, namespaceId } = turn.start;
  const here = await deps.workflows.namespace();
  if (namespaceId !== null && namespaceId !== here.id) return 'elsewhere';
  const found = await deps.workflows.describe(turnId);
  return act(deps, turn, found, reconcileAction(turn, found, Date.now()));
}

async function act(deps: ReconcileDeps, turn: Unfinished, found: FoundWorkflow, action: Action): Promise<Reconciled> {
  const { turnId } = turn.start;
  switch (action) {
    case 'leave':
      return 'nothing';
    case 'missing':
      return 'missing';
    case 'start':
      await startTurn(deps, turn.start);
      return 'started';
    case 'close': {
      const terminated = found.status === 'closed' && found.closedAs === 'TERMINATED';
      return closeTurn(deps, turnId, terminated ? 'workflow_terminated' : 'workflow_lost');
    }
    case 'pass_floor':
      return passFloorOf(deps, turnId, found);
    case 'give_up':
      await deps.workflows.terminate(turnId, 'its task failed for too long; the turn is closed');
      return closeTurn(deps, turnId, 'workflow_failing');
    case 'recovered':
      await clearFailing(deps.pool, turnId);
      return 'recovered';
  }
}

const startTurn = ({ pool, workflows }: ReconcileDeps, turn: StartTurn) => startHere({ db: pool, workflows }, turn);

/** Ends a turn whose workflow is no more, and starts the next one. */
export async function closeTurn(deps: ReconcileDeps, turnId: string, code: FailureCode): Promise<'closed' | 'nothing'> {
  const { closed, next } = await closeLostTurn(deps.pool, turnId, { code, model: deps.model });
  if (next) await startTurn(deps, next);
  return closed ? 'closed' : 'nothing';
}

async function passFloorOf(deps: ReconcileDeps, turnId: string, found: FoundWorkflow): Promise<Reconciled> {
  if (found.status !== 'running' || !found.failing) return 'nothing';
  const { done, next } = await passFailingFloor(deps.pool, turnId, { failing: found.failing, model: deps.model });
  if (next) await startTurn(deps, next);
  return done ?? 'nothing';
}

import type { FailureCode } from '../../domain/log/failures.js';
import { decideReconcile, type ReconcileDecision } from '../../domain/turns/decideReconcile.js';
import type { FailingTask, FoundWorkflow } from '../../domain/turns/reconcile.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import type { Pool } from '../core/pool.js';
import { clearFailing, passFailingFloor } from '../turns/failingTurn.js';
import { type Starter, startInNamespace } from '../turns/startInNamespace.js';
import { closeLostTurn, type Unfinished } from './unfinished.js';

/** A port to the workflows of turns, so that `db` does not depend on a Temporal client. */
export type TurnWorkflows = Starter & {
  describe(turnId: string): Promise<FoundWorkflow>;
  /** Which of these turns have a running workflow, as Temporal lists them. The list may be late by seconds. */
  listRunning(turnIds: readonly string[]): Promise<ReadonlySet<string>>;
  terminate(turnId: string, reason: string): Promise<unknown>;
};

export type ReconcileDeps = { pool: Pool; workflows: TurnWorkflows; model: string };

/** What the reconciler did about one turn. */
export type Reconciled =
  | 'started'
  | 'closed'
  | 'floor_passed'
  | 'recovered'
  /** The workflow ran and is not found. The pass decides about all such turns together. */
  | 'missing'
  /** The turn was started in another namespace, where its workflow may run. Nothing is done. */
  | 'elsewhere'
  | 'nothing';

/**
 * Compares one turn that has not ended with its workflow, and carries out the decision of `decideReconcile`. When a
 * turn loses the floor, the next turn of the queue is started.
 */
export async function reconcileTurn(deps: ReconcileDeps, turn: Unfinished): Promise<Reconciled> {
  const here = await deps.workflows.namespace();
  if (isElsewhere(turn, here)) return 'elsewhere';
  const found = await deps.workflows.describe(turn.start.turnId);
  return apply(deps, turn.start, decideReconcile(turn, found, Date.now()));
}

/** Whether a turn was started in another namespace. */
export const isElsewhere = ({ start: { namespaceId } }: Unfinished, here: { id: string }): boolean =>
  namespaceId !== null && namespaceId !== here.id;

async function apply(deps: ReconcileDeps, start: StartTurn, decision: ReconcileDecision): Promise<Reconciled> {
  const { turnId } = start;
  switch (decision.action) {
    case 'nothing':
      return 'nothing';
    case 'report_missing':
      return 'missing';
    case 'start':
      await startTurn(deps, start);
      return 'started';
    case 'close':
      return closeTurn(deps, turnId, decision.code);
    case 'pass_floor':
      return passFloorOf(deps, turnId, decision.failing);
    case 'terminate':
      await deps.workflows.terminate(turnId, 'its task failed for too long; the turn is closed');
      return closeTurn(deps, turnId, 'workflow_failing');
    case 'clear_failing':
      await clearFailing(deps.pool, turnId);
      return 'recovered';
  }
}

const startTurn = ({ pool, workflows }: ReconcileDeps, turn: StartTurn) =>
  startInNamespace({ db: pool, workflows }, turn);

/** Closes a turn whose workflow is lost, and starts the next turn of the queue. */
export async function closeTurn(deps: ReconcileDeps, turnId: string, code: FailureCode): Promise<'closed' | 'nothing'> {
  const { closed, next } = await closeLostTurn(deps.pool, turnId, { code, model: deps.model });
  if (next) await startTurn(deps, next);
  return closed ? 'closed' : 'nothing';
}

async function passFloorOf(deps: ReconcileDeps, turnId: string, failing: FailingTask): Promise<Reconciled> {
  const { done, next } = await passFailingFloor(deps.pool, turnId, { failing, model: deps.model });
  if (next) await startTurn(deps, next);
  return done ?? 'nothing';
}

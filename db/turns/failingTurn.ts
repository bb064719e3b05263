import { decideFailingFloor } from '../../domain/turns/decideReconcile.js';
import type { FailingTask } from '../../domain/turns/reconcile.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import { reportCommitted } from '../core/committed.js';
import { notifyTurnStatus } from '../core/notify.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { closeReplies, closeTurnInTransaction } from '../reconciler/unfinished.js';
import { passFloor } from './floor.js';
import { type LockedTurn, lockTurn, toHeldTurn } from './lockTurn.js';

/** What was done about a failing turn. `next` is the turn whose workflow the caller must start. */
export type PassedFloor = { done: 'floor_passed' | 'closed' | null; next: StartTurn | null };

/**
 * Takes the floor from a turn whose workflow task fails at every attempt. Closes its replies with their checkpointed
 * text, marks the turn so that nothing more is appended to them, and passes the floor. The turn then waits for an
 * operator. A turn that is marked to stop is ended instead.
 */
export function passFailingFloor(
  pool: Pool,
  turnId: string,
  { failing, model }: { failing: FailingTask; model: string },
): Promise<PassedFloor> {
  return transaction(pool, async (tx) => {
    const locked = await lockTurn(tx, turnId);
    if (!locked) return { done: null, next: null };
    const { stop, failingSince } = locked.turn;
    const decision = decideFailingFloor({ ...toHeldTurn(locked), stop, failingSince });
    switch (decision.action) {
      case 'nothing':
        return { done: null, next: null };
      case 'close':
        return { done: 'closed', next: await closeTurnInTransaction(tx, locked, { code: 'workflow_failing', model }) };
      case 'wait':
        if (decision.passesFloor) await closeReplies(tx, locked.turn, { code: 'workflow_failing', model });
        await storeFailing(tx, turnId, failing, { marks: decision.passesFloor });
        notifyTurnStatus(tx, locked.chat.id, turnId);
        if (decision.isFirstTime) reportFailing(tx, locked, failing);
        return { done: 'floor_passed', next: decision.passesFloor ? await passFloor(tx, locked.turn) : null };
    }
  });
}

async function storeFailing(tx: Tx, turnId: string, failing: FailingTask, { marks }: { marks: boolean }) {
  await tx.query(
    `update turns set status = 'awaiting_operator', failing_since = coalesce(failing_since, $2),
       stop = case when $3 then 'failing' else stop end
     where id = $1`,
    [turnId, failing.since, marks],
  );
}

function reportFailing(tx: Tx, { turn, chat }: LockedTurn, { attempt, cause }: FailingTask): void {
  reportCommitted(tx, { what: 'turn_failing', turnId: turn.id, chatId: chat.id, kind: turn.kind, attempt, cause });
}

/** Records that the workflow's task no longer fails. */
export async function clearFailing(pool: Pool, turnId: string): Promise<void> {
  await pool.query('update turns set failing_since = null where id = $1', [turnId]);
}

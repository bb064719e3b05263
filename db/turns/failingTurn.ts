import type { FailingTask } from '../../domain/turns/reconcile.js';
import { noteCommitted } from '../core/committed.js';
import { type Pool, transaction } from '../core/pool.js';
import { closeReplies, endLost } from '../reconciler/unfinished.js';
import { lockTurn } from '../streaming/lockTurn.js';
import { speakerName, toStart } from './claim.js';
import { passFloor } from './finish.js';
import { hasEnded, type StartTurn } from './turnRow.js';

export type PassedFloor = { done: 'floor_passed' | 'closed' | null; next: StartTurn | null };

/**
 * Lets the chat go on without a turn whose workflow can't: closes its replies with the text that they have, marks
 * that nothing new is to come of it, and passes the floor on. The turn waits for an operator. One that was to be
 * stopped anyway is ended.
 */
export function passFailingFloor(
  pool: Pool,
  turnId: string,
  { failing, model }: { failing: FailingTask; model: string },
): Promise<PassedFloor> {
  return transaction(pool, async (tx) => {
    const held = await lockTurn(tx, turnId);
    if (!held || hasEnded(held.turn) || held.turn.status === 'queued') return { done: null, next: null };
    const { turn, chat } = held;
    const isToStop = turn.stop !== null && turn.stop !== 'failing';
    if (isToStop) return { done: 'closed', next: await endLost(tx, held, { code: 'workflow_failing', model }) };
    const holdsFloor = chat.activeTurnId === turnId;
    if (holdsFloor) await closeReplies(tx, turn, { code: 'workflow_failing', model });
    await tx.query(
      `update turns set status = 'awaiting_operator', failing_since = coalesce(failing_since, $2),
         stop = case when $3 then 'failing' else stop end
       where id = $1`,
      [turnId, failing.since, holdsFloor],
    );
    await tx.query("select pg_notify('turn_status', $1)", [`${chat.id}:${turnId}`]);
    if (turn.failingSince === null) {
      const { attempt, cause } = failing;
      noteCommitted(tx, { what: 'turn_failing', turnId, chatId: chat.id, kind: turn.kind, attempt, cause });
    }
    const next = holdsFloor ? await passFloor(tx, turn) : null;
    return { done: 'floor_passed', next: next && toStart(next, await speakerName(tx, chat.id)) };
  });
}

/** Records that the workflow can go on again. */
export async function clearFailing(pool: Pool, turnId: string): Promise<void> {
  await pool.query('update turns set failing_since = null where id = $1', [turnId]);
}

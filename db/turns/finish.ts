import { decideFinish, type FinishDecision } from '../../domain/turns/decideFinish.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { type Ending, endTurn } from './endTurn.js';
import { passFloor, readUnopened } from './floor.js';
import { lockTurn, toHeldTurn } from './lockTurn.js';
import type { TurnRow } from './turnRow.js';

/**
 * Ends the turn and passes the floor to the next turn of the queue. `next` is the turn whose workflow the caller must
 * start. A repeated call changes nothing, and returns the same turn until its workflow has opened it.
 */
export async function finishTurn(
  pool: Pool,
  turnId: string,
  ending: Omit<Ending, 'step'>,
): Promise<{ next: StartTurn | null }> {
  return transaction(pool, async (tx) => {
    const locked = await lockTurn(tx, turnId);
    if (!locked) return { next: null };
    const { ends, successor } = decideFinish(toHeldTurn(locked));
    if (ends) await endTurn(tx, locked.turn, { ...ending, step: 'finish' });
    return { next: await startOf(tx, locked.turn, successor) };
  });
}

async function startOf(tx: Tx, turn: TurnRow, successor: FinishDecision['successor']): Promise<StartTurn | null> {
  switch (successor.action) {
    case 'pass_floor':
      return passFloor(tx, turn);
    case 'name_holder':
      return readUnopened(tx, successor.turnId);
    case 'none':
      return null;
  }
}

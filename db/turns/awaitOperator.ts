import { decideWait } from '../../domain/turns/decideFinish.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import { notifyTurnStatus } from '../core/notify.js';
import { type Pool, transaction } from '../core/pool.js';
import { passFloor } from './floor.js';
import { lockTurn, toHeldTurn } from './lockTurn.js';

/**
 * Marks that a turn with stuck steps waits for an operator. With `keepFloor` (a parked reply) it keeps the floor.
 * Otherwise the next turn of the queue gets the floor. `next` is the turn whose workflow the caller must start.
 */
export function awaitOperator(
  pool: Pool,
  turnId: string,
  { keepFloor }: { keepFloor: boolean },
): Promise<{ next: StartTurn | null }> {
  return transaction(pool, async (tx) => {
    const locked = await lockTurn(tx, turnId);
    if (!locked) return { next: null };
    const decision = decideWait({ keepFloor }, toHeldTurn(locked));
    switch (decision.action) {
      case 'nothing':
        return { next: null };
      case 'wait':
        await tx.query("update turns set status = 'awaiting_operator' where id = $1", [turnId]);
        notifyTurnStatus(tx, locked.chat.id, turnId);
        return { next: decision.passesFloor ? await passFloor(tx, locked.turn) : null };
    }
  });
}

/** Marks a parked turn as running after an operator's decision. Failures of the provider count from 0 again. */
export async function resumeTurn(pool: Pool, turnId: string): Promise<void> {
  const { rows } = await pool.query<{ chatId: string }>(
    `with t as (update turns set status = 'running' where id = $1 and status = 'awaiting_operator' returning id, chat_id),
       d as (update drafts set failures = 0, streamed_ms = 0 where turn_id in (select id from t) and status = 'streaming'),
       s as (delete from turn_steps where turn_id in (select id from t) and name like 'reply:%')
     select chat_id as "chatId" from t`,
    [turnId],
  );
  for (const { chatId } of rows) notifyTurnStatus(pool, chatId, turnId);
}

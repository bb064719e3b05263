import { type Pool, transaction } from '../core/pool.js';
import { lockTurn } from '../streaming/lockTurn.js';
import { speakerName, toStart } from './claim.js';
import { passFloor } from './finish.js';
import { hasEnded, type StartTurn } from './turnRow.js';

/**
 * A turn whose steps are stuck waits for an operator. With `keepFloor` it goes on holding the floor (a parked
 * reply); otherwise the floor passes to the next in the queue, whose workflow is to be started.
 */
export function awaitOperator(
  pool: Pool,
  turnId: string,
  { keepFloor }: { keepFloor: boolean },
): Promise<{ next: StartTurn | null }> {
  return transaction(pool, async (tx) => {
    const held = await lockTurn(tx, turnId);
    if (!held || hasEnded(held.turn)) return { next: null };
    await tx.query("update turns set status = 'awaiting_operator' where id = $1", [turnId]);
    await tx.query("select pg_notify('turn_status', $1)", [`${held.chat.id}:${turnId}`]);
    const passed = !keepFloor && held.chat.activeTurnId === turnId ? await passFloor(tx, held.turn) : null;
    return { next: passed ? toStart(passed, await speakerName(tx, held.chat.id)) : null };
  });
}

/** A parked reply that was decided on: the turn runs, and the provider's failures count anew. */
export async function resumeTurn(pool: Pool, turnId: string): Promise<void> {
  await pool.query(
    `with t as (update turns set status = 'running' where id = $1 and status = 'awaiting_operator' returning id, chat_id),
       d as (update drafts set failures = 0, streamed_ms = 0 where turn_id in (select id from t) and status = 'streaming'),
       s as (delete from turn_steps where turn_id in (select id from t) and name like 'reply:%')
     select pg_notify('turn_status', chat_id || ':' || id) from t`,
    [turnId],
  );
}

import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { whyUnavailable } from '../core/unavailable.js';
import { projectionTables } from '../projections/index.js';

/**
 * Deletes a chat at once, and ends its open turns, so that their workflows and streams find them gone. A trigger records
 * the deletion; `purgeDeletedChats` deletes the other rows. `stopping` is the turn that was running.
 */
export async function deleteChat(
  db: Db,
  owner: string,
  id: string,
): Promise<{ found: boolean; stopping: string | null }> {
  const { rows } = await db.query<{ stopping: string | null }>(
    `with gone as (
       delete from chats where id = $1 and owner = $2 returning id, active_turn_id
     ), ended as (
       update turns set status = 'cancelled', phase = 'done', finished_at = now()
       where chat_id in (select id from gone) and status in ('queued', 'running', 'awaiting_operator')
     ), closed as (
       update drafts set status = 'closed' where chat_id in (select id from gone) and status = 'streaming'
     )
     select active_turn_id as stopping from gone`,
    [id, owner],
  );
  return rows[0] ? { found: true, stopping: rows[0].stopping } : { found: false, stopping: null };
}

/**
 * The tables of a chat's rows, in the order in which they are purged, each with how many rows are deleted at once at most.
 * What refers to a turn is deleted with it.
 */
export const chatTables: { table: string; rows: number }[] = [
  { table: 'events', rows: 500 },
  ...projectionTables.map(({ table }) => ({ table, rows: 500 })),
  { table: 'turns', rows: 50 },
];

/**
 * Purges one batch of the oldest deleted chat's rows, in a transaction of its own. `share` makes batches smaller: 1 is a
 * whole one. `idle`: no deleted chat is left, or other processes purge all of them.
 */
function purgeBatch(pool: Pool, share: number): Promise<'more' | 'idle'> {
  return transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ chatId: string }>(
      `select chat_id as "chatId" from chat_deletions order by deleted_at limit 1 for update skip locked`,
    );
    const chatId = rows[0]?.chatId;
    if (chatId === undefined) return 'idle';
    for (const { table, rows: most } of chatTables) {
      if ((await purgeRows(tx, table, chatId, Math.max(1, Math.floor(most * share)))) > 0) return 'more';
    }
    await tx.query('delete from chat_deletions where chat_id = $1', [chatId]);
    return 'more';
  });
}

async function purgeRows(tx: Tx, table: string, chatId: string, limit: number): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from ${table} where ctid = any(array(select ctid from ${table} where chat_id = $1 limit $2))`,
    [chatId, limit],
  );
  return rowCount ?? 0;
}

const SMALLEST_SHARE = 1 / 512;

/**
 * Purges the rows of deleted chats, batch by batch, until there are none or the signal is aborted. A batch that takes
 * longer than a statement may is tried again at half its size.
 */
export async function purgeDeletedChats(pool: Pool, signal: AbortSignal): Promise<void> {
  for (let share = 1; !signal.aborted; ) {
    try {
      if ((await purgeBatch(pool, share)) === 'idle') return;
      share = Math.min(1, share * 2);
    } catch (error) {
      if (whyUnavailable(error) !== 'timeout' || share <= SMALLEST_SHARE) throw error;
      share /= 2;
    }
  }
}

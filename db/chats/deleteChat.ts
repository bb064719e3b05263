import { removeAttachmentsOfChat } from '../attachments/removeAttachments.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { whyUnavailable } from '../core/unavailable.js';
import { projectionTables } from '../projections/index.js';

/**
 * Deletes a chat's row and ends its open turns, so that their workflows and streams stop. A trigger records the
 * deletion, and `purgeDeletedChats` deletes the other rows later. `stopping` is the turn that held the floor.
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

/** Ends the open turns of chats whose rows are deleted in the same transaction. */
export async function endTurnsOf(tx: Tx, chatIds: string[]): Promise<void> {
  await tx.query(
    `with ended as (
       update turns set status = 'cancelled', phase = 'done', finished_at = now()
       where chat_id = any($1) and status in ('queued', 'running', 'awaiting_operator')
     ) update drafts set status = 'closed' where chat_id = any($1) and status = 'streaming'`,
    [chatIds],
  );
}

type Purge = (tx: Tx, chatId: string, limit: number) => Promise<number>;

/**
 * The tables with rows of a chat, in the order in which they are purged. `rows` is the most rows of a batch. Rows that
 * refer to a turn are deleted with it. `purge` is given where rows of other tables go with a row.
 */
export const chatTables: { table: string; rows: number; purge?: Purge }[] = [
  { table: 'chat_attachments', rows: 10, purge: removeAttachmentsOfChat },
  { table: 'events', rows: 500 },
  { table: 'event_texts', rows: 500 },
  ...projectionTables.map(({ table }) => ({ table, rows: 500 })),
  { table: 'projection_snapshots', rows: 500 },
  { table: 'dialect_chats', rows: 500 },
  { table: 'dialect_requests', rows: 500 },
  { table: 'dialect_responses', rows: 100 },
  { table: 'dialect_turns', rows: 500 },
  { table: 'webhook_deliveries', rows: 500 },
  { table: 'impersonations', rows: 100 },
  { table: 'turns', rows: 50 },
];

/**
 * Purges one batch of rows of the oldest deleted chat, in one transaction. `share` scales the batch; 1 is a whole one.
 * Returns `idle` when no deleted chat is left that no other process purges.
 */
function purgeBatch(pool: Pool, share: number): Promise<'more' | 'idle'> {
  return transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ chatId: string }>(
      `select chat_id as "chatId" from chat_deletions order by deleted_at limit 1 for update skip locked`,
    );
    const chatId = rows[0]?.chatId;
    if (chatId === undefined) return 'idle';
    for (const { table, rows: most, purge = rowsOf(table) } of chatTables) {
      if ((await purge(tx, chatId, Math.max(1, Math.floor(most * share)))) > 0) return 'more';
    }
    await tx.query('delete from chat_deletions where chat_id = $1', [chatId]);
    return 'more';
  });
}

const rowsOf =
  (table: string): Purge =>
  async (tx, chatId, limit) => {
    const { rowCount } = await tx.query(
      `delete from ${table} where ctid = any(array(select ctid from ${table} where chat_id = $1 limit $2))`,
      [chatId, limit],
    );
    return rowCount ?? 0;
  };

const SMALLEST_SHARE = 1 / 512;

/**
 * Purges the rows of deleted chats in batches, until none are left or the signal is aborted. A batch that exceeds the
 * statement timeout is tried again at half its size. Throws other errors of the database.
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

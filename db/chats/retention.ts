import { type Pool, transaction } from '../core/pool.js';

/** Chats of one transaction. */
const AT_ONCE = 20;

const lastActive = 'coalesce(c.last_event_at, c.created_at)';

/** A fork and an import keep the times of their events: such a chat may be younger than its newest event. */
const isExpired = (days: string) =>
  `${lastActive} < now() - ${days} * interval '1 day' and c.created_at < now() - ${days} * interval '1 day'`;

const isIdle = `c.active_turn_id is null and not exists (
  select from turns t where t.chat_id = c.id and t.status in ('queued', 'running', 'awaiting_operator'))`;

/**
 * Deletes chats that were created and had their newest event more than `days` ago, a few at a time, until none is left or
 * the signal is aborted. Leaves out a chat with a turn that runs or waits, and one that is locked. Several processes may
 * run it at once. Returns how many it has deleted; their rows are purged later. Throws errors of the database.
 */
export async function deleteExpiredChats(pool: Pool, days: number, signal: AbortSignal): Promise<number> {
  for (let total = 0; ; ) {
    const deleted = signal.aborted ? 0 : await deleteSome(pool, days);
    if (deleted === 0) return total;
    total += deleted;
  }
}

function deleteSome(pool: Pool, days: number): Promise<number> {
  return transaction(pool, async (tx) => {
    // Looks owner by owner, because the index of activity begins with the owner.
    const { rows } = await tx.query<{ id: string }>(
      `with recursive owners as (
         (select owner from chats order by owner limit 1)
         union all
         select (select c.owner from chats c where c.owner > o.owner order by c.owner limit 1)
         from owners o where o.owner is not null
       )
       select c.id from chats c where c.id in (
         select old.id from owners o cross join lateral (
           select c.id from chats c
           where c.owner = o.owner and ${isExpired('$1')} and ${isIdle}
           order by ${lastActive} limit ${AT_ONCE}) as old
         limit ${AT_ONCE})
       order by c.id for update skip locked`,
      [days],
    );
    if (rows.length === 0) return 0;
    // A turn that was posted before the lock has committed by now.
    const { rowCount } = await tx.query(
      `delete from chats c where c.id = any($2) and ${isExpired('$1')} and ${isIdle}`,
      [days, rows.map(({ id }) => id)],
    );
    return rowCount ?? 0;
  });
}

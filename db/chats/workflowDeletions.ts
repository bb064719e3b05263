import type { Pool } from '../core/pool.js';

/** How long other processes leave a chat alone that one has taken, and the pause while workflows are found, in seconds. */
const TAKEN_SECONDS = 30;
const PAUSE_SECONDS = 2;
/**
 * A workflow that started just before the deletion is found this long after it at the latest, in seconds. Counted from the
 * first look that Temporal answered: while it was away, its list of workflows did not catch up.
 */
const SETTLED_SECONDS = 10;

/** Takes the chat that was due first, and before the pass began. Null when there is none. */
async function takeNext(pool: Pool, begun: string): Promise<{ chatId: string; isSettled: boolean } | null> {
  const { rows } = await pool.query<{ chatId: string; isSettled: boolean }>(
    `update workflow_deletions set not_before = now() + interval '${TAKEN_SECONDS} seconds'
     where chat_id = (select chat_id from workflow_deletions where not_before <= $1 order by not_before limit 1
                      for update skip locked)
     returning chat_id as "chatId", coalesce(first_look_at < now() - interval '${SETTLED_SECONDS} seconds', false) as "isSettled"`,
    [begun],
  );
  return rows[0] ?? null;
}

/**
 * Looks once for the workflows of each deleted chat that is due, and deletes them, until the signal is aborted. A chat is
 * done when no workflow of it was found a while after its first look. Rejects when Temporal or Postgres fails: the chat is
 * due again later.
 */
export async function deleteWorkflowsOfChats(
  pool: Pool,
  deleteWorkflows: (chatId: string) => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  const { rows } = await pool.query<{ begun: string }>('select now()::text as begun');
  while (!signal.aborted) {
    const next = await takeNext(pool, rows[0]!.begun);
    if (!next) return;
    const found = await deleteWorkflows(next.chatId);
    if (found === 0 && next.isSettled) {
      await pool.query('delete from workflow_deletions where chat_id = $1', [next.chatId]);
      continue;
    }
    const due =
      found > 0
        ? `now() + interval '${PAUSE_SECONDS} s'`
        : `coalesce(first_look_at, now()) + interval '${SETTLED_SECONDS + 1} s'`;
    await pool.query(
      `update workflow_deletions set not_before = ${due}, first_look_at = coalesce(first_look_at, now()) where chat_id = $1`,
      [next.chatId],
    );
  }
}

/** Milliseconds until the next chat is due; null when there is none. */
export async function nextWorkflowDeletion(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ ms: number | null }>(
    `select extract(epoch from min(not_before) - now())::float8 * 1000 as ms from workflow_deletions`,
  );
  return rows[0]?.ms ?? null;
}

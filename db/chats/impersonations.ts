import { newId } from '../core/ids.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';

/** Messages that models write at once for one owner. */
const AT_ONCE = 4;
/** Longer than a request waits, in milliseconds. Rows that are older belong to a request whose api died. */
const SPENT_MS = 2 * 60_000;
const REMOVED_AT_ONCE = 1_000;

/**
 * Stores the request for a message that a model writes for the user, and returns its id. The text and the hint stay in
 * Postgres. Throws `ChatRefused`.
 */
export function beginImpersonation(pool: Pool, owner: string, chatId: string, hint: string): Promise<string> {
  return transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ kind: string }>('select kind from chats where id = $1 and owner = $2', [
      chatId,
      owner,
    ]);
    const kind = rows[0]?.kind;
    if (kind === undefined) throw new ChatRefused('chat_not_found');
    if (kind !== 'narrative' && kind !== 'agent') throw new ChatRefused('not_impersonable');
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`impersonations/${owner}`]);
    const { rowCount } = await tx.query(
      `select from impersonations where owner = $1 and created_at > now() - $2 * interval '1 millisecond'`,
      [owner, SPENT_MS],
    );
    if ((rowCount ?? 0) >= AT_ONCE) throw new ChatRefused('limit_reached', 'impersonations', AT_ONCE);
    const id = newId('imp');
    await tx.query('insert into impersonations (id, chat_id, owner, hint) values ($1, $2, $3, $4)', [
      id,
      chatId,
      owner,
      hint,
    ]);
    return id;
  });
}

/** Stores the text that a model wrote. Does nothing where the request is over. */
export async function storeImpersonation(db: Db, id: string, text: string): Promise<void> {
  await db.query('update impersonations set text = $2 where id = $1', [id, text]);
}

/** Removes a request and returns the text that was written for it; null without one. */
export async function takeImpersonation(db: Db, id: string): Promise<string | null> {
  const { rows } = await db.query<{ text: string | null }>('delete from impersonations where id = $1 returning text', [
    id,
  ]);
  return rows[0]?.text ?? null;
}

/** Removes requests that nothing waits for any more. */
export async function removeSpentImpersonations(db: Db): Promise<void> {
  await db.query(
    `delete from impersonations where id = any(array(
       select id from impersonations where created_at < now() - $1 * interval '1 millisecond' limit $2))`,
    [SPENT_MS, REMOVED_AT_ONCE],
  );
}

import { type Pool, type Tx, transaction } from '../core/pool.js';

/**
 * Removes those of the attachments that no chat has, and the contents that no attachment has. Each deletion is a statement
 * of its own after one that locks the rows: only then does it see what a concurrent transaction attached or uploaded.
 */
async function removeUnused(tx: Tx, ids: string[]): Promise<void> {
  await tx.query('select from attachments where id = any($1) order by id for update', [ids]);
  const { rows } = await tx.query<{ sha256: Buffer }>(
    `delete from attachments a where a.id = any($1)
       and not exists (select from chat_attachments c where c.attachment_id = a.id) returning a.sha256`,
    [ids],
  );
  if (rows.length === 0) return;
  const hashes = rows.map(({ sha256 }) => sha256);
  await tx.query('select from attachment_contents where sha256 = any($1) order by sha256 for update', [hashes]);
  await tx.query(
    `delete from attachment_contents c where c.sha256 = any($1)
       and not exists (select from attachments a where a.sha256 = c.sha256)`,
    [hashes],
  );
}

/**
 * Removes up to `limit` attachments of a deleted chat that no other chat has. Returns how many the chat had among them; 0
 * when none are left.
 */
export async function removeAttachmentsOfChat(tx: Tx, chatId: string, limit: number): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `delete from chat_attachments where chat_id = $1 and attachment_id = any(array(
       select attachment_id from chat_attachments where chat_id = $1 limit $2)) returning attachment_id as id`,
    [chatId, limit],
  );
  if (rows.length > 0)
    await removeUnused(
      tx,
      rows.map(({ id }) => id),
    );
  return rows.length;
}

/** Removes attachments from the messages that have them, with the contents that no other attachment has. */
export async function removeAttachments(tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('delete from chat_attachments where attachment_id = any($1)', [ids]);
  await removeUnused(tx, ids);
}

/** Attachments of one transaction. Each may have ten megabytes. */
const AT_ONCE = 10;

/**
 * Removes uploads that no message has, `olderThanMs` after the upload, oldest first, in small transactions; none begins
 * after `withinMs`. Returns how many were removed. Throws errors of the database.
 */
export async function removeUnattached(
  pool: Pool,
  { olderThanMs, withinMs, onProgress }: { olderThanMs: number; withinMs: number; onProgress?: () => void },
): Promise<number> {
  const until = performance.now() + withinMs;
  let removed = 0;
  for (;;) {
    const count = await transaction(pool, (tx) => removeSome(tx, olderThanMs));
    removed += count;
    onProgress?.();
    if (count < AT_ONCE || performance.now() > until) return removed;
  }
}

async function removeSome(tx: Tx, olderThanMs: number): Promise<number> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from attachments where not attached and created_at < now() - $1 * interval '1 millisecond'
     order by created_at limit ${AT_ONCE} for update skip locked`,
    [olderThanMs],
  );
  if (rows.length > 0)
    await removeUnused(
      tx,
      rows.map(({ id }) => id),
    );
  return rows.length;
}

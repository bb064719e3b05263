import { isStale } from '../../domain/documents/changes.js';
import type { NewEvent } from '../../domain/log/events.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { appendEvents, lockChat } from '../timeline/log.js';

/** Changes that are checked and marked in one transaction. */
const BATCH_SIZE = 20;
/** Milliseconds of checking after which the event loop may run other work. */
const SLICE_MS = 8;

type Body = { id: string; version: number; body: string };
type Pending = { id: string; chatId: string; original: string };

/**
 * Records that a document's new version may have made changes stale. Runs in the transaction that stores the version.
 */
export async function noteUnchecked(tx: Tx, { id, version }: Pick<Body, 'id' | 'version'>): Promise<void> {
  await tx.query('update documents set unchecked_version = $2 where id = $1', [id, version]);
}

/**
 * Marks the pending changes that a document's newest version made stale, unless that is done. Works in batches, so that
 * neither the event loop nor the document is blocked for long. If it is interrupted, the next call starts over with the
 * changes that are not marked. A stale change stays stale, even if a later version contains its original again.
 */
export async function markStaleChanges(pool: Pool, documentId: string): Promise<void> {
  const { rows } = await pool.query<Body>(
    'select id, version, body from documents where id = $1 and unchecked_version = version',
    [documentId],
  );
  const document = rows[0];
  if (!document) return;
  let after: string | null = '';
  while (after !== null) {
    const batch: Pending[] = await readPending(pool, document, after);
    const stale = await staleOf(batch, document.body);
    if (stale.length > 0 && !(await mark(pool, document, stale))) return;
    after = batch.length === BATCH_SIZE ? batch.at(-1)!.id : null;
  }
  await pool.query('update documents set unchecked_version = null where id = $1 and unchecked_version = $2', [
    documentId,
    document.version,
  ]);
}

/** Reads no more of an original than the body's length and one: a longer original can't occur in the body. */
async function readPending(db: Db, { id, body }: Body, after: string): Promise<Pending[]> {
  const { rows } = await db.query<Pending>(
    `select c.id, c.chat_id as "chatId", left(c.original, $4) as original from changes c join chats on chats.id = c.chat_id
     where c.document_id = $1 and c.state = 'pending' and c.stale_since is null and c.id > $2 order by c.id limit $3`,
    [id, after, BATCH_SIZE, body.length + 1],
  );
  return rows;
}

async function staleOf(changes: Pending[], body: string): Promise<Pending[]> {
  const stale: Pending[] = [];
  let since = performance.now();
  for (const change of changes) {
    if (isStale(body, change)) stale.push(change);
    if (performance.now() - since < SLICE_MS) continue;
    await yieldToEventLoop();
    since = performance.now();
  }
  return stale;
}

/** Marks changes as stale. False when the document has a newer version, after which all changes are checked again. */
async function mark(pool: Pool, { id, version }: Body, stale: Pending[]): Promise<boolean> {
  const chatIds = [...new Set(stale.map(({ chatId }) => chatId))].sort();
  return transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ version: number }>('select version from documents where id = $1 for update', [
      id,
    ]);
    if (rows[0]?.version !== version) return false;
    for (const chatId of chatIds) {
      if (!(await lockChat(tx, chatId))) continue;
      const ids = await stillPending(tx, chatId, stale);
      const events = ids.map((changeId): NewEvent => ({ kind: 'change_stale', data: { changeId } }));
      const step = `stale:${id}:${version}:${ids[0]}`;
      if (events.length > 0) await appendEvents(tx, { chatId, turnId: null, step }, events);
    }
    return true;
  });
}

/** The changes that are still pending, in the order in which they were proposed. */
async function stillPending(tx: Tx, chatId: string, stale: Pending[]): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from changes where chat_id = $1 and id = any($2) and state = 'pending' and stale_since is null
     order by proposed_seq, position`,
    [chatId, stale.map(({ id }) => id)],
  );
  return rows.map(({ id }) => id);
}

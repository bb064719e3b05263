import type { AcceptedPlace } from '../../domain/documents/acceptedPlaces.js';
import { placeOf, searchedBody } from '../../domain/documents/places.js';
import type { NewEvent } from '../../domain/log/events.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { appendEvents, lockChat } from '../timeline/log.js';
import { createWhereabouts, filterPending, type Pending, readPending } from './pendingChanges.js';

type Body = { id: string; version: number; body: string; places: AcceptedPlace[] | null };

/**
 * Marks the pending changes that a document's newest version made stale, unless that is done. Works in batches, so that
 * neither the event loop nor the document is blocked for long. If it is interrupted, the next call starts over with the
 * changes that are not marked. A stale change stays stale, even if a later version contains its original again.
 */
export async function markStaleChanges(pool: Pool, documentId: string): Promise<void> {
  const { rows } = await pool.query<Body>(
    `select id, version, body, accepted_places as places from documents where id = $1 and unchecked_version = version`,
    [documentId],
  );
  const document = rows[0];
  if (!document) return;
  const body = searchedBody(document.body);
  const whereaboutsOf = createWhereabouts(body, document.places ?? []);
  for await (const batch of readPending(pool, documentId, document.body)) {
    const isStale = (change: Pending) => !placeOf(body, change.original, whereaboutsOf(change)).found;
    const stale = await filterPending(batch, isStale);
    if (stale.length > 0 && !(await mark(pool, document, stale))) return;
  }
  await pool.query('update documents set unchecked_version = null where id = $1 and unchecked_version = $2', [
    documentId,
    document.version,
  ]);
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

/** Ignores a failure, because the new version is committed. The next list of the changes continues the marking. */
export const tryMarkStale = (pool: Pool, documentId: string): Promise<void> =>
  markStaleChanges(pool, documentId).catch(() => undefined);

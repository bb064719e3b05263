import type { Anchor } from '../../domain/documents/anchor.js';
import { applyChange } from '../../domain/documents/changes.js';
import { mayOverlap, placeOf, type SearchedBody, searchedBody } from '../../domain/documents/places.js';
import { overlaps, type Span } from '../../domain/documents/span.js';
import type { Pool, Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { type Change, type ChangeRow, updatePendingChange } from './changes.js';
import type { Document } from './documents.js';
import { lockThreads, readAcceptedPlaces, writeVersion } from './newVersion.js';
import { createWhereabouts, filterPending, readPending, writtenAt } from './pendingChanges.js';
import { tryMarkStale } from './staleChanges.js';

/**
 * Accepts a pending change: replaces the place of its original, by `placeOf`. Changes that meant some of the same place
 * become stale with it. Throws `ChatRefused`.
 */
export async function acceptChange(pool: Pool, owner: string, id: string): Promise<Change> {
  const accepted = await updatePendingChange(pool, owner, id, async (tx, change, document) => {
    if (change.staleSince) throw new ChatRefused('change_stale');
    const before = searchedBody(document.body);
    const threads = await lockThreads(tx, document.id);
    const whereaboutsOf = createWhereabouts(before, await readAcceptedPlaces(tx, document.id));
    const place = placeOf(before, change.original, whereaboutsOf(await readContext(tx, change)));
    if (!place.found) throw new ChatRefused('change_stale');
    const stale = await readOverlapping(tx, { document, change, before, place, whereaboutsOf });
    const { body, edit } = applyChange(document.body, place, change.proposed);
    await writeVersion(tx, document.id, threads, {
      title: document.title,
      rewriting: { before, after: searchedBody(body), edits: [edit], by: 'change' },
      accepted: id,
      eventsOf: (chatId) => ({
        before: chatId === change.chatId ? [{ kind: 'change_accepted', data: { changeId: id } }] : [],
        after: (stale.get(chatId) ?? []).map((changeId) => ({ kind: 'change_stale', data: { changeId } })),
      }),
    });
  });
  await tryMarkStale(pool, accepted.documentId);
  return accepted;
}

type Accepting = {
  document: Document;
  change: ChangeRow;
  before: SearchedBody;
  place: Span;
  whereaboutsOf: ReturnType<typeof createWhereabouts>;
};

/**
 * The ids of the other pending changes that meant some of a place, by their chats. Those that are like several texts,
 * one of them there, are stale too: what is left is not known to be what was meant.
 */
async function readOverlapping(tx: Tx, accepting: Accepting): Promise<Map<string, string[]>> {
  const { document, change, before, place, whereaboutsOf } = accepting;
  const stale = new Map<string, string[]>();
  for await (const batch of readPending(tx, document.id, document.body)) {
    const overlapping = await filterPending(batch, (other) => {
      if (other.id === change.id || !mayOverlap(before, other.original, place)) return false;
      const meant = placeOf(before, other.original, whereaboutsOf(other));
      return !meant.found || overlaps(meant, place);
    });
    for (const { id, chatId } of overlapping) stale.set(chatId, [...(stale.get(chatId) ?? []), id]);
  }
  return stale;
}

type Context = { chatId: string; anchor: Anchor | null; writtenAt: Date };

async function readContext(tx: Tx, { id, chatId }: ChangeRow): Promise<Context> {
  const { rows } = await tx.query<Context>(
    `select chats.id as "chatId", chats.anchor, ${writtenAt} as "writtenAt"
     from changes c join chats on chats.id = c.chat_id where c.id = $1 and c.chat_id = $2`,
    [id, chatId],
  );
  return rows[0]!;
}

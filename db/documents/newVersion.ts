import { type AcceptedPlace, movedPlaces, withPlace } from '../../domain/documents/acceptedPlaces.js';
import { type Anchor, movedAnchor, type Rewriting } from '../../domain/documents/anchor.js';
import type { NewEvent } from '../../domain/log/events.js';
import type { Db, Tx } from '../core/pool.js';
import { yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { appendEvents, lockChat } from '../timeline/log.js';
import { type Document, writeDocument } from './documents.js';

/** A chat about a document that is locked. */
type Thread = { id: string; anchor: Anchor | null };

/**
 * Locks all threads of a document, in the order of their ids: every transaction locks chats in this order. The caller
 * holds the lock of the document.
 */
export async function lockThreads(tx: Tx, documentId: string): Promise<Thread[]> {
  const { rows } = await tx.query<Thread>('select id, anchor from chats where document_id = $1 order by id', [
    documentId,
  ]);
  const locked: Thread[] = [];
  for (const thread of rows) if (await lockChat(tx, thread.id)) locked.push(thread);
  return locked;
}

/** Where the texts of accepted changes are in a document's newest version. */
export async function readAcceptedPlaces(db: Db, documentId: string): Promise<AcceptedPlace[]> {
  const { rows } = await db.query<{ places: AcceptedPlace[] | null }>(
    'select accepted_places as places from documents where id = $1',
    [documentId],
  );
  return rows[0]?.places ?? [];
}

export type NewVersion = {
  title: string;
  rewriting: Rewriting;
  /** The change that was accepted. */
  accepted?: string;
  /** What a thread's log gets before and after `document_edited`. */
  eventsOf(chatId: string, version: number): { before: NewEvent[]; after: NewEvent[] };
};

/**
 * Stores a new version of a document, moves the anchors of its threads and the places of accepted changes, and appends
 * `document_edited` to all threads. The caller holds the locks of the document and of the threads, and marks stale
 * changes after the commit.
 */
export async function writeVersion(
  tx: Tx,
  id: string,
  threads: Thread[],
  { title, rewriting, accepted, eventsOf }: NewVersion,
): Promise<Document> {
  const document = await writeDocument(tx, id, { title, body: rewriting.after.text });
  const { version } = document;
  for (const thread of threads) {
    await moveAnchor(tx, thread, rewriting);
    const { before, after } = eventsOf(thread.id, version);
    const edited: NewEvent = { kind: 'document_edited', data: { documentId: id, version } };
    const cause = { chatId: thread.id, turnId: null, step: `edit:${id}:${version}` };
    await appendEvents(tx, cause, [...before, edited, ...after]);
  }
  await movePlaces(tx, document, rewriting, accepted);
  return document;
}

async function moveAnchor(tx: Tx, { id, anchor }: Thread, rewriting: Rewriting): Promise<void> {
  if (!anchor || rewriting.edits.length === 0) return;
  const moved = movedAnchor(anchor, rewriting);
  if (moved !== anchor) await tx.query('update chats set anchor = $2 where id = $1', [id, JSON.stringify(moved)]);
  await yieldToEventLoop();
}

/**
 * Also notes that the pending changes are still to be checked. The time of an acceptance is taken behind the locks: all
 * changes that were proposed before have an earlier one.
 */
async function movePlaces(
  tx: Tx,
  { id, version }: Document,
  { edits }: Rewriting,
  accepted: string | undefined,
): Promise<void> {
  let places = movedPlaces(await readAcceptedPlaces(tx, id), edits);
  const [edit] = edits;
  if (accepted && edit) {
    const { rows } = await tx.query<{ at: Date }>('select clock_timestamp() as at');
    const { start, length } = edit;
    places = withPlace(places, { changeId: accepted, start, end: start + length, at: rows[0]!.at.toISOString() });
  }
  await tx.query('update documents set unchecked_version = $2, accepted_places = $3 where id = $1', [
    id,
    version,
    JSON.stringify(places),
  ]);
}

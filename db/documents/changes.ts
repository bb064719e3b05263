import { handEdits } from '../../domain/documents/handEdits.js';
import { searchedBody } from '../../domain/documents/places.js';
import type { Span } from '../../domain/documents/span.js';
import type { NewEvent } from '../../domain/log/events.js';
import type { StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { maxPageBytes, type Page } from '../core/page.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents, lockChat } from '../timeline/log.js';
import { type Document, lockDocument } from './documents.js';
import { lockThreads, readAcceptedPlaces, writeVersion } from './newVersion.js';
import { markStaleChanges, tryMarkStale } from './staleChanges.js';

/** A proposed change as clients see it. */
export type Change = {
  id: string;
  documentId: string;
  kind: 'ai';
  state: 'pending' | 'accepted' | 'declined';
  original: string;
  proposed: string;
  reason: string;
  staleSince: string | null;
  messageSeq: number;
  /** Of an accepted change: where its text is in the newest body, in UTF-16 code units; null if it is not known. */
  place?: Span | null;
};

export type ChangeRow = Omit<Change, 'kind' | 'staleSince' | 'place'> & { staleSince: Date | null; chatId: string };

const columns = `c.chat_id as "chatId", c.id, c.document_id as "documentId", c.state, c.original, c.proposed, c.reason,
  c.stale_since as "staleSince", c.message_seq as "messageSeq"`;

function toChange({ chatId: _, staleSince, ...row }: ChangeRow, places: ReadonlyMap<string, Span>): Change {
  const change: Change = { ...row, kind: 'ai', staleSince: staleSince?.toISOString() ?? null };
  return row.state === 'accepted' ? { ...change, place: places.get(row.id) ?? null } : change;
}

async function readPlaces(db: Db, documentId: string): Promise<Map<string, Span>> {
  const places = await readAcceptedPlaces(db, documentId);
  return new Map(places.map(({ changeId, start, end }) => [changeId, { start, end }]));
}

/**
 * A page of a document's changes, in the order of the events that proposed them; with `chatIds` only of these chats. The
 * cursor is a change's id. First marks stale changes, if marking them after the newest version did not finish.
 */
export async function listChanges(
  pool: Pool,
  documentId: string,
  page: Page & { chatIds?: readonly string[] | null },
): Promise<Change[]> {
  await markStaleChanges(pool, documentId);
  const { after, limit, order = 'asc', chatIds = null } = page;
  const key = 'e.at, c.chat_id, c.proposed_seq, c.position';
  const inOrder = key.replaceAll(',', ` ${order},`).concat(` ${order}`);
  const from = `changes c join chats on chats.id = c.chat_id
    join events e on e.chat_id = c.chat_id and e.seq = c.proposed_seq`;
  const bytes = 'octet_length(c.original) + octet_length(c.proposed) + octet_length(c.reason)';
  const { rows } = await pool.query<ChangeRow & { place: number; before: number }>(
    `select * from (
       select ${columns}, row_number() over (order by ${inOrder}) as place,
         sum(${bytes}) over (order by ${inOrder}) - (${bytes}) as before
       from ${from}
       where c.document_id = $1 and ($4::text[] is null or c.chat_id = any($4)) and ($3::text is null or (${key}) ${order === 'asc' ? '>' : '<'} (
         select ${key} from ${from} where c.id = $3 and c.document_id = $1))
       order by ${inOrder} limit $2
     ) page where before < ${maxPageBytes} or place <= 2 order by place`,
    [documentId, limit, after, chatIds],
  );
  const places = await readPlaces(pool, documentId);
  return rows.map(({ place: _, before: __, ...row }) => toChange(row, places));
}

export type Edit = { title?: string | undefined; body?: string | undefined; expectedVersion: number } & StoredLimit;

/**
 * Changes a document that has the expected version. Fields that are left out keep their value. Throws `ChatRefused`.
 */
export async function editDocument(pool: Pool, owner: string, id: string, edit: Edit): Promise<Document> {
  const edited = await transaction(pool, async (tx) => {
    const document = await lockDocument(tx, owner, id);
    if (!document) throw new ChatRefused('document_not_found', 'documentId');
    if (document.version !== edit.expectedVersion) throw new ChatRefused('version_mismatch');
    const { title = document.title, body = document.body } = edit;
    const changed = [title !== document.title && 'title', body !== document.body && 'body'].filter(Boolean);
    const threads = await lockThreads(tx, id);
    const more = Buffer.byteLength(body) - Buffer.byteLength(document.body);
    if (more > 0) await mustHaveRoom(tx, owner, more, edit.storedBytes);
    const text = (version: number) =>
      `The ${changed.join(' and ') || 'document'} was edited by hand: version ${version}.`;
    const written = await writeVersion(tx, id, threads, {
      title,
      rewriting: {
        before: searchedBody(document.body),
        after: searchedBody(body),
        edits: handEdits(document.body, body),
        by: 'hand',
      },
      eventsOf: (_, version) => ({
        before: [],
        after: [{ kind: 'system_message', data: { text: text(version) } }],
      }),
    });
    return written;
  });
  await tryMarkStale(pool, id);
  return edited;
}

/** Declines a pending change. A comment becomes a system message of its thread. Throws `ChatRefused`. */
export function declineChange(pool: Pool, owner: string, id: string, comment?: string): Promise<Change> {
  return updatePendingChange(pool, owner, id, async (tx, change) => {
    const events: NewEvent[] = [{ kind: 'change_declined', data: { changeId: id } }];
    if (comment) events.push({ kind: 'system_message', data: { text: comment } });
    await lockChat(tx, change.chatId);
    await appendEvents(tx, { chatId: change.chatId, turnId: null, step: `decline:${id}` }, events);
  });
}

/** Runs `update` on a pending change under its document's lock. Returns the change after it. Throws `ChatRefused`. */
export async function updatePendingChange(
  pool: Pool,
  owner: string,
  id: string,
  update: (tx: Tx, change: ChangeRow, document: Document) => Promise<void>,
): Promise<Change> {
  return transaction(pool, async (tx) => {
    const unlocked = await readChange(tx, id);
    // The lock of the document serializes all updates of it and of its changes, so the change is read again under it.
    const document = unlocked && (await lockDocument(tx, owner, unlocked.documentId));
    if (!document) throw new ChatRefused('change_not_found');
    const change = await readChange(tx, id);
    if (!change) throw new ChatRefused('change_not_found');
    if (change.state !== 'pending') throw new ChatRefused('change_not_pending');
    await update(tx, change, document);
    return toChange((await readChange(tx, id))!, await readPlaces(tx, document.id));
  });
}

async function readChange(db: Db, id: string): Promise<ChangeRow | null> {
  const { rows } = await db.query<ChangeRow>(
    `select ${columns} from changes c join chats on chats.id = c.chat_id where c.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

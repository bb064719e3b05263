import { applyChange } from '../../domain/documents/changes.js';
import type { NewEvent } from '../../domain/log/events.js';
import { maxPageBytes, type Page } from '../core/page.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents, lockChat } from '../timeline/log.js';
import { type Document, lockDocument, writeDocument } from './documents.js';
import { markStaleChanges, noteUnchecked } from './staleChanges.js';

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
};

type Row = Omit<Change, 'kind' | 'staleSince'> & { staleSince: Date | null; chatId: string };

const columns = `c.chat_id as "chatId", c.id, c.document_id as "documentId", c.state, c.original, c.proposed, c.reason,
  c.stale_since as "staleSince", c.message_seq as "messageSeq"`;

function toChange({ chatId: _, staleSince, ...row }: Row): Change {
  return { ...row, kind: 'ai', staleSince: staleSince?.toISOString() ?? null };
}

/**
 * A page of a document's changes, in the order of the events that proposed them. The cursor is a change's id. First
 * marks stale changes, if marking them after the newest version did not finish.
 */
export async function listChanges(pool: Pool, documentId: string, page: Page): Promise<Change[]> {
  await markStaleChanges(pool, documentId);
  const { after, limit, order = 'asc' } = page;
  const key = 'e.at, c.chat_id, c.proposed_seq, c.position';
  const inOrder = key.replaceAll(',', ` ${order},`).concat(` ${order}`);
  const from = `changes c join chats on chats.id = c.chat_id
    join events e on e.chat_id = c.chat_id and e.seq = c.proposed_seq`;
  const bytes = 'octet_length(c.original) + octet_length(c.proposed) + octet_length(c.reason)';
  const { rows } = await pool.query<Row & { place: number; before: number }>(
    `select * from (
       select ${columns}, row_number() over (order by ${inOrder}) as place,
         sum(${bytes}) over (order by ${inOrder}) - (${bytes}) as before
       from ${from}
       where c.document_id = $1 and ($3::text is null or (${key}) ${order === 'asc' ? '>' : '<'} (
         select ${key} from ${from} where c.id = $3 and c.document_id = $1))
       order by ${inOrder} limit $2
     ) page where before < ${maxPageBytes} or place <= 2 order by place`,
    [documentId, limit, after],
  );
  return rows.map(({ place: _, before: __, ...row }) => toChange(row));
}

export type Edit = { title?: string | undefined; body?: string | undefined; expectedVersion: number };

/**
 * Changes a document that has the expected version. Fields that are left out keep their value. Throws `ChatRefused`.
 */
export async function editDocument(pool: Pool, owner: string, id: string, edit: Edit): Promise<Document> {
  const edited = await transaction(pool, async (tx) => {
    const document = await lockDocument(tx, owner, id);
    if (!document) throw new ChatRefused('document_not_found', 'documentId');
    if (document.version !== edit.expectedVersion) throw new ChatRefused('version_mismatch');
    const { title = document.title, body = document.body } = edit;
    const written = await writeDocument(tx, id, { title, body });
    const changed = [title !== document.title && 'title', body !== document.body && 'body'].filter(Boolean);
    const text = `The ${changed.join(' and ') || 'document'} was edited by hand: version ${written.version}.`;
    await appendToThreads(tx, written, { text });
    return written;
  });
  await tryMarkStale(pool, id);
  return edited;
}

/** Accepts a pending change: replaces the first occurrence of its original. Throws `ChatRefused`. */
export async function acceptChange(pool: Pool, owner: string, id: string): Promise<Change> {
  const accepted = await updatePendingChange(pool, owner, id, async (tx, change, document) => {
    const body = applyChange(document.body, change);
    if (body === null || change.staleSince) throw new ChatRefused('change_stale');
    const written = await writeDocument(tx, document.id, { title: document.title, body });
    await appendToThreads(tx, written, { of: change, event: { kind: 'change_accepted', data: { changeId: id } } });
  });
  await tryMarkStale(pool, accepted.documentId);
  return accepted;
}

/** Declines a pending change. A comment becomes a system message of its thread. Throws `ChatRefused`. */
export function declineChange(pool: Pool, owner: string, id: string, comment?: string): Promise<Change> {
  return updatePendingChange(pool, owner, id, async (tx, change) => {
    const events: NewEvent[] = [{ kind: 'change_declined', data: { changeId: id } }];
    if (comment) events.push({ kind: 'system_message', data: { text: comment } });
    await lockChat(tx, change.chatId);
    await append(tx, change.chatId, `decline:${id}`, events);
  });
}

/** Runs `update` on a pending change under its document's lock. Returns the change after it. Throws `ChatRefused`. */
async function updatePendingChange(
  pool: Pool,
  owner: string,
  id: string,
  update: (tx: Tx, change: Row, document: Document) => Promise<void>,
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
    return toChange((await readChange(tx, id))!);
  });
}

async function readChange(db: Db, id: string): Promise<Row | null> {
  const { rows } = await db.query<Row>(
    `select ${columns} from changes c join chats on chats.id = c.chat_id where c.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/**
 * Appends `document_edited` to all threads of a document, in the order of their ids: every transaction locks chats in
 * this order. The thread of an accepted change gets its event first; after an edit by hand all threads get a message.
 * Stale changes are marked after the commit.
 */
async function appendToThreads(
  tx: Tx,
  document: Document,
  cause: { text: string } | { of: Row; event: NewEvent },
): Promise<void> {
  await noteUnchecked(tx, document);
  const chats = await tx.query<{ id: string }>('select id from chats where document_id = $1 order by id', [
    document.id,
  ]);
  for (const { id } of chats.rows) {
    if (!(await lockChat(tx, id))) continue;
    const events: NewEvent[] = 'of' in cause && cause.of.chatId === id ? [cause.event] : [];
    events.push({ kind: 'document_edited', data: { documentId: document.id, version: document.version } });
    if ('text' in cause) events.push({ kind: 'system_message', data: { text: cause.text } });
    await append(tx, id, `edit:${document.id}:${document.version}`, events);
  }
}

/** Ignores a failure, because the new version is committed. The next list of the changes continues the marking. */
const tryMarkStale = (pool: Pool, documentId: string) => markStaleChanges(pool, documentId).catch(() => undefined);

const append = (tx: Tx, chatId: string, step: string, events: NewEvent[]) =>
  appendEvents(tx, { chatId, turnId: null, step }, events);

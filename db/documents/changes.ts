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
 * The changes of a document after one of them, in the order of their sources. What the newest version made stale is
 * marked first, where that was cut off.
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

/** Changes a document that has the expected version; what is left out stays. Throws `ChatRefused`. */
export async function editDocument(pool: Pool, owner: string, id: string, edit: Edit): Promise<Document> {
  const edited = await transaction(pool, async (tx) => {
    const document = await lockDocument(tx, owner, id);
    if (!document) throw new ChatRefused('document_not_found', 'documentId');
    if (document.version !== edit.expectedVersion) throw new ChatRefused('version_mismatch');
    const { title = document.title, body = document.body } = edit;
    const written = await writeDocument(tx, id, { title, body });
    const changed = [title !== document.title && 'title', body !== document.body && 'body'].filter(Boolean);
    const text = `The ${changed.join(' and ') || 'document'} was edited by hand: version ${written.version}.`;
    await tellThreads(tx, written, { text });
    return written;
  });
  await markStale(pool, id);
  return edited;
}

/** Replaces the first occurrence of what a pending change replaces. Throws `ChatRefused`. */
export async function acceptChange(pool: Pool, owner: string, id: string): Promise<Change> {
  const accepted = await decide(pool, owner, id, async (tx, change, document) => {
    const body = applyChange(document.body, change);
    if (body === null || change.staleSince) throw new ChatRefused('change_stale');
    const written = await writeDocument(tx, document.id, { title: document.title, body });
    await tellThreads(tx, written, { of: change, event: { kind: 'change_accepted', data: { changeId: id } } });
  });
  await markStale(pool, accepted.documentId);
  return accepted;
}

/** Declines a pending change; a comment stays in the thread, for people. Throws `ChatRefused`. */
export function declineChange(pool: Pool, owner: string, id: string, comment?: string): Promise<Change> {
  return decide(pool, owner, id, async (tx, change) => {
    const events: NewEvent[] = [{ kind: 'change_declined', data: { changeId: id } }];
    if (comment) events.push({ kind: 'system_message', data: { text: comment } });
    await lockChat(tx, change.chatId);
    await append(tx, change.chatId, `decline:${id}`, events);
  });
}

async function decide(
  pool: Pool,
  owner: string,
  id: string,
  act: (tx: Tx, change: Row, document: Document) => Promise<void>,
): Promise<Change> {
  return transaction(pool, async (tx) => {
    const seen = await readChange(tx, id);
    // The document's lock orders all that happens to it and to its changes.
    const document = seen && (await lockDocument(tx, owner, seen.documentId));
    if (!document) throw new ChatRefused('change_not_found');
    const change = await readChange(tx, id);
    if (!change) throw new ChatRefused('change_not_found');
    if (change.state !== 'pending') throw new ChatRefused('change_not_pending');
    await act(tx, change, document);
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
 * Tells all threads about a document of its new version, in the order of their ids, and, in the thread that it came
 * from, why. Which changes it made stale is checked once it is committed.
 */
async function tellThreads(
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

/** What was committed is not undone by a check that fails: whoever lists the changes goes on with it. */
const markStale = (pool: Pool, documentId: string) => markStaleChanges(pool, documentId).catch(() => undefined);

const append = (tx: Tx, chatId: string, step: string, events: NewEvent[]) =>
  appendEvents(tx, { chatId, turnId: null, step }, events);

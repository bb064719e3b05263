import type { Anchor } from '../../domain/documents/anchor.js';
import { mustBeWithinLimit, type StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { newId } from '../core/ids.js';
import { type ListSpec, type Page, readPage } from '../core/page.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';

export type Document = {
  id: string;
  title: string;
  body: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
};

const columns = `d.id, d.title, d.body, d.version, d.created_at as "createdAt", d.updated_at as "updatedAt"`;

/** Creates a document with version 1. Throws `ChatRefused` when it exceeds a limit of the owner. */
export function createDocument(
  pool: Pool,
  owner: string,
  fields: { title: string; body: string },
  { documents, storedBytes }: { documents?: number | undefined } & StoredLimit = {},
): Promise<Document> {
  return transaction(pool, async (tx) => {
    await mustBeWithinLimit(tx, 'documents', owner, documents);
    await mustHaveRoom(tx, owner, Buffer.byteLength(fields.body), storedBytes);
    const { rows } = await tx.query<Document>(
      `insert into documents as d (id, owner, title, body) values ($1, $2, $3, $4) returning ${columns}`,
      [newId('doc'), owner, fields.title, fields.body],
    );
    return rows[0]!;
  });
}

/** Whether the owner has the document. */
export async function ownsDocument(db: Db, owner: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('select from documents where id = $1 and owner = $2', [id, owner]);
  return rowCount === 1;
}

/** Reads a document. Null when the owner has no such document. */
export async function readDocument(db: Db, owner: string, id: string): Promise<Document | null> {
  const { rows } = await db.query<Document>(`select ${columns} from documents d where d.id = $1 and d.owner = $2`, [
    id,
    owner,
  ]);
  return rows[0] ?? null;
}

const headColumns = `d.id, d.title, d.version, d.created_at as "createdAt", d.updated_at as "updatedAt"`;

const list: ListSpec = {
  columns: headColumns,
  from: 'documents d',
  where: 'd.owner = $1',
  key: 'd.id',
  bytes: 'octet_length(d.title)',
};

/** A page of the owner's documents, oldest first, with or without their bodies. */
export async function listDocuments(
  db: Db,
  owner: string,
  { withBody, ...page }: Page & { withBody: boolean },
): Promise<(Omit<Document, 'body'> & { body?: string })[]> {
  return readPage(
    db,
    withBody ? { ...list, columns, bytes: 'octet_length(d.title) + octet_length(d.body)' } : list,
    owner,
    page,
  );
}

/** Reads the document of a chat, as a model gets it. Null when there is none. */
export async function readDocumentOfChat(
  db: Db,
  chatId: string,
): Promise<{ title: string; version: number; body: string } | null> {
  const { rows } = await db.query<{ title: string; version: number; body: string }>(
    `select d.title, d.version, d.body from documents d join chats c on c.document_id = d.id where c.id = $1`,
    [chatId],
  );
  return rows[0] ?? null;
}

/** Reads what the place of a new change in the document of a chat depends on. Null when there is none. */
export async function readTextOfChat(db: Db, chatId: string): Promise<{ body: string; anchor: Anchor | null } | null> {
  const { rows } = await db.query<{ body: string; anchor: Anchor | null }>(
    `select d.body, c.anchor from documents d join chats c on c.document_id = d.id where c.id = $1`,
    [chatId],
  );
  return rows[0] ?? null;
}

/**
 * Locks a document. To avoid deadlocks, lock it before any chat about it. Null when the owner has no such document.
 */
export async function lockDocument(tx: Tx, owner: string, id: string): Promise<Document | null> {
  const { rows } = await tx.query<Document>(
    `select ${columns} from documents d where d.id = $1 and d.owner = $2 for update`,
    [id, owner],
  );
  return rows[0] ?? null;
}

/** Stores a new version of a document. The caller holds its lock. */
export async function writeDocument(tx: Tx, id: string, fields: { title: string; body: string }): Promise<Document> {
  const { rows } = await tx.query<Document>(
    `update documents d set title = $2, body = $3, version = d.version + 1, updated_at = now()
     where d.id = $1 returning ${columns}`,
    [id, fields.title, fields.body],
  );
  return rows[0]!;
}

import type { ChatKind } from '../../domain/turns/turn.js';
import { breaksForeignKey, type ListSpec, type Page, readPage } from '../core/page.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { changeGuest } from '../narrative/guests.js';
import { lockNarrativeChat } from './lockNarrativeChat.js';

/** A part of a document, by its text and, where known, its place in UTF-16 code units. */
export type Anchor = { quote: string; start?: number | undefined; end?: number | undefined };

/** Of an agent chat; what is left out is the server's. */
export type ChatSettings = {
  systemPrompt?: string | undefined;
  providerId?: string | undefined;
  model?: string | undefined;
  temperature?: number | undefined;
  maxIterations?: number | undefined;
  thinkingEnabled?: boolean | undefined;
  /** Names of tools; left out: the built-in ones. */
  enabledTools?: string[] | undefined;
  /** Of a relay chat: as whom the other service is to answer, and its session there. */
  persona?: string | undefined;
  sessionId?: string | undefined;
};

export type Chat = {
  id: string;
  kind: ChatKind;
  title: string | null;
  hostId: string | null;
  /** The second character, if there is one. */
  guestId: string | null;
  /** Of a document chat: what it is about, and the part of it that it is anchored to. */
  documentId: string | null;
  anchor: Anchor | null;
  settings: ChatSettings;
  /** Of the newest event. */
  seq: number;
  /** The turn that holds the floor. */
  activeTurnId: string | null;
  /** The turns that wait for it, in order. */
  queue: string[];
  createdAt: Date;
  updatedAt: Date;
};

/** In a change, what is left out stays. */
export type ChatChange = { title?: string | null | undefined; guestId?: string | null | undefined };

const columns = `c.id, c.kind, c.title, c.host_id as "hostId", c.guest_id as "guestId", c.document_id as "documentId", c.anchor, c.settings, c.seq,
  c.active_turn_id as "activeTurnId",
  array(select t.id from turns t where t.chat_id = c.id and t.status = 'queued' order by t.rank) as queue,
  c.created_at as "createdAt", c.updated_at as "updatedAt"`;

const list: ListSpec = {
  columns,
  from: 'chats c',
  where: 'c.owner = $1',
  key: 'c.id',
  bytes:
    'octet_length(c.settings::text) + coalesce(octet_length(c.anchor::text), 0) + coalesce(octet_length(c.title), 0)',
};

/** The owner's chats, oldest first. */
export async function listChats(db: Db, owner: string, page: Page): Promise<Chat[]> {
  return readPage<Chat>(db, list, owner, page);
}

export async function readChat(db: Db, owner: string, id: string): Promise<Chat | null> {
  const { rows } = await db.query<Chat>(`select ${columns} from chats c where c.id = $1 and c.owner = $2`, [id, owner]);
  return rows[0] ?? null;
}

/** The newest seq of the owner's chat; null when the owner has no such chat. */
export async function readChatSeq(db: Db, owner: string, id: string): Promise<number | null> {
  const { rows } = await db.query<{ seq: number }>('select seq from chats where id = $1 and owner = $2', [id, owner]);
  return rows[0]?.seq ?? null;
}

/** Changes the chat's title, its guest, or both at once. Null when there is no such chat. Throws `ChatRefused`. */
export async function changeChat(pool: Pool, owner: string, id: string, change: ChatChange): Promise<Chat | null> {
  const { title, guestId } = change;
  if (guestId === undefined) return title === undefined ? readChat(pool, owner, id) : retitle(pool, owner, id, title);
  try {
    return await transaction(pool, async (tx) => {
      await changeGuest(tx, await lockNarrativeChat(tx, owner, id), guestId);
      return title === undefined ? readChat(tx, owner, id) : retitle(tx, owner, id, title);
    });
  } catch (error) {
    if (breaksForeignKey(error)) throw new ChatRefused('character_not_found', 'guestId');
    throw error;
  }
}

async function retitle(db: Db, owner: string, id: string, title: string | null): Promise<Chat | null> {
  const { rows } = await db.query<Chat>(
    `with c as (
       update chats set title = $3, updated_at = now() where id = $1 and owner = $2 returning *
     ) select ${columns} from c`,
    [id, owner, title],
  );
  return rows[0] ?? null;
}

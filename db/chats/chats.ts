import type { SettingsChange } from '../../domain/agents/settings.js';
import type { Anchor } from '../../domain/documents/anchor.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import type { TurnOptions } from '../../domain/turns/turnOptions.js';
import { breaksForeignKey } from '../core/page.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { changeGuest } from '../narrative/guests.js';
import { changeSettings } from './changeSettings.js';
import { lockNarrativeChat } from './lockNarrativeChat.js';
import { isUntitled } from './titles.js';

/** Settings of a chat. For those that are left out, the server's defaults apply. */
export type ChatSettings = TurnOptions & {
  systemPrompt?: string | undefined;
  providerId?: string | undefined;
  model?: string | undefined;
  maxIterations?: number | undefined;
  thinkingEnabled?: boolean | undefined;
  /** Names of tools. Default: the built-in ones. */
  enabledTools?: string[] | undefined;
  /** Of a relay chat: the persona that answers in the upstream, and the id of the session there. */
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
  /** The document that the chat is about, and the part of it that the chat is anchored to. */
  documentId: string | null;
  anchor: Anchor | null;
  settings: ChatSettings;
  /** The chat that this one began as a copy of; it may be deleted since. */
  forkedFrom: string | null;
  /** The seq of the newest event. */
  seq: number;
  /** The turn that holds the floor. */
  activeTurnId: string | null;
  /** The turns that wait for the floor, in the order of their rank. */
  queue: string[];
  createdAt: Date;
  updatedAt: Date;
};

/** Fields that are left out keep their value. */
export type ChatChange = {
  title?: string | null | undefined;
  /** The title only stands in: it replaces no title that a person or a classifier gave, and a classifier replaces it. */
  titleIsProvisional?: boolean | undefined;
  guestId?: string | null | undefined;
  settings?: SettingsChange;
};

/** The columns of a chat's resource, of the table `chats` as `c`. */
export const chatColumns = `c.id, c.kind, c.title, c.host_id as "hostId", c.guest_id as "guestId", c.document_id as "documentId", c.anchor, c.settings, c.forked_from as "forkedFrom", c.seq,
  c.active_turn_id as "activeTurnId",
  array(select t.id from turns t where t.chat_id = c.id and t.status = 'queued' order by t.rank) as queue,
  c.created_at as "createdAt", c.updated_at as "updatedAt"`;

/** Reads a chat. Null when the owner has no such chat. */
export async function readChat(db: Db, owner: string, id: string): Promise<Chat | null> {
  const { rows } = await db.query<Chat>(`select ${chatColumns} from chats c where c.id = $1 and c.owner = $2`, [
    id,
    owner,
  ]);
  return rows[0] ?? null;
}

/** Reads the newest seq of a chat. Null when the owner has no such chat. */
export async function readChatSeq(db: Db, owner: string, id: string): Promise<number | null> {
  const { rows } = await db.query<{ seq: number }>('select seq from chats where id = $1 and owner = $2', [id, owner]);
  return rows[0]?.seq ?? null;
}

/**
 * Changes the chat's title, its guest and its settings in one transaction. Null when there is no such chat. A change of
 * the guest or the settings throws `ChatRefused`, also when there is no such chat.
 */
export async function changeChat(pool: Pool, owner: string, id: string, change: ChatChange): Promise<Chat | null> {
  const { title, titleIsProvisional = false, guestId, settings = {} } = change;
  const changesSettings = Object.values(settings).some((value) => value !== undefined);
  const shown = (db: Db) =>
    title === undefined ? readChat(db, owner, id) : retitle(db, owner, id, title, titleIsProvisional);
  if (guestId === undefined && !changesSettings) return shown(pool);
  try {
    return await transaction(pool, async (tx) => {
      if (guestId !== undefined) await changeGuest(tx, await lockNarrativeChat(tx, owner, id), guestId);
      if (changesSettings) await changeSettings(tx, owner, id, settings);
      return shown(tx);
    });
  } catch (error) {
    if (breaksForeignKey(error)) throw new ChatRefused('character_not_found', 'guestId');
    throw error;
  }
}

async function retitle(
  db: Db,
  owner: string,
  id: string,
  title: string | null,
  isProvisional: boolean,
): Promise<Chat | null> {
  const { rows } = await db.query<Chat>(
    `with c as (
       update chats c set title = $3, title_is_provisional = $4, updated_at = now()
       where id = $1 and owner = $2 and (not $4 or ${isUntitled}) returning *
     ) select ${chatColumns} from c`,
    [id, owner, title, isProvisional],
  );
  return rows[0] ?? (isProvisional ? readChat(db, owner, id) : null);
}

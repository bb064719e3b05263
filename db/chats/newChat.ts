import type { Anchor } from '../../domain/documents/anchor.js';
import type { AddedCall, NewEvent } from '../../domain/log/events.js';
import { greet } from '../../domain/narrative/greeting.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import type { TurnOptions } from '../../domain/turns/turnOptions.js';
import { newId } from '../core/ids.js';
import { breaksForeignKey } from '../core/page.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { readYou } from '../narrative/you.js';
import { appendEvents } from '../timeline/log.js';
import { type Chat, type ChatSettings, readChat } from './chats.js';
import { mustBeWithinLimit, type StoredLimit } from './ownerLimits.js';
import { keepProvider } from './providers.js';
import { mustHaveRoomForChat } from './storedBytes.js';

/** A message of a conversation that began elsewhere, and the functions that its client ran for it. */
export type EarlierMessage = { role: 'user' | 'assistant'; text: string; calls?: AddedCall[] };

type Titled = { title: string | null; earlier?: readonly EarlierMessage[] };

/** The fields of a new chat, by its kind. */
export type NewChat = Titled &
  (
    | {
        kind: 'narrative';
        hostId: string;
        guestId: string | null;
        scene: { container: string } | null;
        settings?: TurnOptions;
      }
    | { kind: 'document'; documentId: string; anchor: Anchor | null; settings?: TurnOptions }
    | { kind: 'agent'; documentId: string | null; settings: ChatSettings }
    | { kind: 'relay'; settings: ChatSettings }
  );

/** How many chats an owner may have, and how many bytes in all. Left out: any number. */
export type ChatLimits = { chats?: number | undefined } & StoredLimit;

/** Creates a chat with its first events, if the limits of the owner allow it. Throws `ChatRefused`. */
export async function createChat(pool: Pool, owner: string, fields: NewChat, limits: ChatLimits = {}): Promise<Chat> {
  try {
    return await transaction(pool, (tx) => createChatIn(tx, owner, fields, limits));
  } catch (error) {
    // The character was deleted after the check, before the insert.
    if (breaksForeignKey(error)) throw new ChatRefused('character_not_found', 'hostId or guestId');
    throw error;
  }
}

/** As `createChat`, in a transaction of the caller. A character that is deleted meanwhile breaks a foreign key. */
export async function createChatIn(
  tx: Tx,
  owner: string,
  fields: NewChat,
  { chats, storedBytes }: ChatLimits = {},
): Promise<Chat> {
  await mustBeWithinLimit(tx, 'chats', owner, chats);
  const chat = await insertChat(tx, owner, fields);
  await mustHaveRoomForChat(tx, chat.id, storedBytes);
  return chat;
}

async function insertChat(tx: Tx, owner: string, fields: NewChat): Promise<Chat> {
  const row = await rowOf(tx, owner, fields);
  const id = newId('chat');
  await tx.query(
    `insert into chats (id, owner, kind, title, host_id, guest_id, document_id, anchor, settings)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      owner,
      fields.kind,
      fields.title,
      row.hostId ?? null,
      row.guestId ?? null,
      row.documentId ?? null,
      row.anchor ? JSON.stringify(row.anchor) : null,
      JSON.stringify(row.settings ?? {}),
    ],
  );
  await appendEvents(tx, { chatId: id, turnId: null, step: 'create' }, await firstEvents(tx, owner, fields));
  return (await readChat(tx, owner, id))!;
}

type Row = {
  hostId?: string;
  guestId?: string | null;
  documentId?: string;
  anchor?: Anchor | null;
  settings?: ChatSettings;
};

/** The kind's columns of the row. Throws `ChatRefused` when one refers to something that the owner does not have. */
async function rowOf(tx: Tx, owner: string, fields: NewChat): Promise<Row> {
  switch (fields.kind) {
    case 'narrative': {
      const { hostId, guestId } = fields;
      if (guestId === hostId) throw new ChatRefused('guest_is_host', 'guestId');
      for (const [path, id] of Object.entries({ hostId, guestId })) {
        if (id !== null && !(await owns(tx, 'characters', owner, id)))
          throw new ChatRefused('character_not_found', path);
      }
      return { hostId, guestId, settings: fields.settings ?? {} };
    }
    case 'document': {
      const { documentId, anchor } = fields;
      if (!(await owns(tx, 'documents', owner, documentId))) throw new ChatRefused('document_not_found', 'documentId');
      return { documentId, anchor, settings: fields.settings ?? {} };
    }
    case 'relay':
      return { settings: fields.settings };
    case 'agent': {
      const { providerId } = fields.settings;
      if (providerId !== undefined && !(await keepProvider(tx, owner, providerId)))
        throw new ChatRefused('provider_not_found', 'providerId');
      const { documentId } = fields;
      if (documentId === null) return { settings: fields.settings };
      if (!(await owns(tx, 'documents', owner, documentId))) throw new ChatRefused('document_not_found', 'documentId');
      return { documentId, settings: fields.settings };
    }
  }
}

async function firstEvents(db: Db, owner: string, fields: NewChat): Promise<NewEvent[]> {
  const kind: ChatKind = fields.kind;
  const created: NewEvent = { kind: 'chat_created', data: { kind, title: fields.title } };
  const earlier = (fields.earlier ?? []).map((data): NewEvent => ({ kind: 'message_added', data: { ...data } }));
  if (fields.kind !== 'narrative') return [created, ...earlier];
  const { hostId, scene } = fields;
  const opened: NewEvent[] = scene
    ? [{ kind: 'scene_opened', data: { sceneId: newId('scn'), container: scene.container } }]
    : [];
  // After the scene: they are lines of it. A conversation that began elsewhere has begun with its own greeting.
  return [created, ...opened, ...(earlier.length > 0 ? earlier : await readGreeting(db, owner, hostId))];
}

async function readGreeting(db: Db, owner: string, hostId: string): Promise<NewEvent[]> {
  const [{ rows }, you] = await Promise.all([
    db.query<{ id: string; name: string; greeting: string | null }>(
      'select id, name, greeting from characters where id = $1',
      [hostId],
    ),
    readYou(db, owner),
  ]);
  return rows[0] ? greet(rows[0], you.name) : [];
}

async function owns(db: Db, table: 'characters' | 'documents', owner: string, id: string) {
  const { rowCount } = await db.query(`select from ${table} where id = $1 and owner = $2`, [id, owner]);
  return rowCount === 1;
}

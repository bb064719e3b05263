import { EXPORT_VERSION, type ExportLine, PIECE_BYTES } from '../../domain/timeline/exportedChat.js';
import { readPieceOf } from '../attachments/attachments.js';
import type { Db } from '../core/pool.js';
import { readAvatar } from '../narrative/avatars.js';
import { readCharacterCard } from '../narrative/cards.js';
import { eventBytes } from '../timeline/log.js';

/** What an import takes, but for a margin; and what an event's line has beside its data, at most. All in bytes. */
const importBytes = 120 * 1024 * 1024;
const lineBytes = 500;

/** The bytes of attachments that fit into an import with the log, in base64. */
const roomBeside = ({ seq, logBytes }: { seq: number; logBytes: number }): number =>
  Math.floor(((importBytes - logBytes - seq * lineBytes) * 3) / 4);

/** How many rows are read at a time, and after how many bytes of events a page ends. */
const page = { turns: 500, events: 500, bytes: 1024 * 1024 };

/** A line, but for times, which are written as JSON writes them. */
type Line = { type: ExportLine['type'] } & Record<string, unknown>;

type Exported = Line & { seq: number; logBytes: number; documentId: string | null };

/**
 * The lines of an export, in pages: a chat as it is when the first page is read. Later pages leave out what came after.
 * Null when the owner has no such chat.
 */
export async function exportChat(db: Db, owner: string, chatId: string): Promise<AsyncGenerator<Line[]> | null> {
  const { rows } = await db.query<Exported>(
    `select 'chat' as type, ${EXPORT_VERSION} as version, id, kind, title, host_id as "hostId", guest_id as "guestId",
       document_id as "documentId", anchor, settings, created_settings as "createdSettings", seq,
       coalesce(log_bytes, (select sum(${eventBytes}) from events where chat_id = $1), 0)::float8 as "logBytes"
     from chats where id = $1 and owner = $2`,
    [chatId, owner],
  );
  const chat = rows[0];
  return chat ? readPages(db, owner, chatId, chat) : null;
}

async function* readPages(
  db: Db,
  owner: string,
  chatId: string,
  { seq, logBytes, ...chat }: Exported,
): AsyncGenerator<Line[]> {
  yield [chat];
  const characters = await readCharacters(db, owner, chatId, seq);
  yield characters;
  for (const { id } of characters) yield* readCardAndAvatar(db, owner, id);
  yield await readDocument(db, owner, chat.documentId);
  yield* readAttachments(db, owner, chatId, roomBeside({ seq, logBytes }));
  for (let after = ''; ; ) {
    const turns = await readTurns(db, chatId, after, seq);
    yield turns;
    if (turns.length === 0) break;
    after = turns.at(-1)!.id;
  }
  for (let after = 0; after < seq; ) {
    const events = await readEvents(db, chatId, after, seq);
    if (events.length === 0) return;
    yield events;
    after = events.at(-1)!.seq;
  }
}

/** The characters that are present, and those that spoke or were guests, as far as they exist. */
async function readCharacters(db: Db, owner: string, chatId: string, upTo: number): Promise<(Line & { id: string })[]> {
  const { rows } = await db.query<Line & { id: string }>(
    `select 'character' as type, h.id, h.name, h.persona, h.greeting from characters h
     where h.owner = $1 and h.id in (
       select host_id from chats where id = $2 union select guest_id from chats where id = $2
       union select data->>'speakerId' from events where chat_id = $2 and seq <= $3 and kind = 'assistant_turn'
       union select data->>'guestId' from events where chat_id = $2 and seq <= $3 and kind = 'guest_cleared')
     order by h.id`,
    [owner, chatId, upTo],
  );
  return rows;
}

async function* readCardAndAvatar(db: Db, owner: string, characterId: string): AsyncGenerator<Line[]> {
  const card = await readCharacterCard(db, characterId);
  if (card) yield [{ type: 'card', characterId, card }];
  const avatar = await readAvatar(db, owner, characterId);
  if (!avatar) return;
  const { mediaType, bytes } = avatar;
  const header: Line = { type: 'avatar', characterId, mediaType, bytes: bytes.length };
  yield* fileLines(header, bytes.length, async (at) => bytes.subarray(at, at + PIECE_BYTES));
}

/** The newest attachments come whole, as far as there is room; of the others only their names. */
async function* readAttachments(db: Db, owner: string, chatId: string, room: number): AsyncGenerator<Line[]> {
  let left = room;
  for (const attached of await listAttachments(db, owner, chatId)) {
    const header: Line = { type: 'attachment', ...attached };
    left -= attached.bytes;
    if (left >= 0) yield* fileLines(header, attached.bytes, (at) => readPieceOf(db, attached.id, at, PIECE_BYTES));
    else yield [{ ...header, base64: '', leftOut: true }];
  }
}

type ListedAttachment = { id: string; name: string | null; mediaType: string; bytes: number };

async function listAttachments(db: Db, owner: string, chatId: string): Promise<ListedAttachment[]> {
  const { rows } = await db.query<ListedAttachment>(
    `select a.id, a.name, a.media_type as "mediaType", a.size as bytes
     from chat_attachments c join attachments a on a.id = c.attachment_id
     where c.chat_id = $1 and a.owner = $2 order by a.id desc limit 10000`,
    [chatId, owner],
  );
  return rows;
}

/** The lines of a file: its header with the first bytes, then pieces. One that is removed meanwhile is left out. */
async function* fileLines(
  header: Line,
  bytes: number,
  readPiece: (at: number) => Promise<Buffer | null>,
): AsyncGenerator<Line[]> {
  for (let at = 0; at < bytes; ) {
    const piece = await readPiece(at);
    if (!piece || piece.length === 0) {
      if (at === 0) return yield [{ ...header, base64: '', leftOut: true }];
      throw new Error('a file was removed during its export');
    }
    const base64 = piece.toString('base64');
    yield [at === 0 ? { ...header, base64 } : { type: 'piece', base64 }];
    at += piece.length;
  }
}

async function readDocument(db: Db, owner: string, id: string | null): Promise<Line[]> {
  if (id === null) return [];
  const { rows } = await db.query<Line>(
    `select 'document' as type, id, title, body, version as "documentVersion",
       coalesce(accepted_places, '[]') as "acceptedPlaces"
     from documents where id = $1 and owner = $2`,
    [id, owner],
  );
  return rows;
}

async function readTurns(db: Db, chatId: string, after: string, upTo: number): Promise<(Line & { id: string })[]> {
  const { rows } = await db.query<Line & { id: string }>(
    `select 'turn' as type, id, root_id as "rootId", prose_id as "proseId", coalesce(effects_id, id) as "effectsId", regenerates, status,
       user_turn_seq as "userTurnSeq", options, error, usage, warnings, created_at as "createdAt",
       started_at as "startedAt", finished_at as "finishedAt"
     from turns where chat_id = $1 and id > $2 and user_turn_seq <= $3 order by id limit ${page.turns}`,
    [chatId, after, upTo],
  );
  return rows;
}

async function readEvents(db: Db, chatId: string, after: number, upTo: number): Promise<(Line & { seq: number })[]> {
  const { rows } = await db.query<Line & { seq: number; before: unknown; place: unknown }>(
    `select * from (
       select 'event' as type, seq, kind, turn_id as "turnId", step, n, at, data, superseded_by as "supersededBy",
         hidden_by as "hiddenBy", row_number() over (order by seq) as place,
         sum(${eventBytes}) over (order by seq rows unbounded preceding) as before
       from events where chat_id = $1 and seq > $2 and seq <= $3 order by seq limit ${page.events}
     ) page where before < ${page.bytes} or place = 1 order by seq`,
    [chatId, after, upTo],
  );
  return rows.map(({ before: _, place: __, ...row }) => row);
}

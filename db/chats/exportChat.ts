import { EXPORT_VERSION, type ExportLine } from '../../domain/timeline/exportedChat.js';
import type { Db } from '../core/pool.js';
import { eventBytes } from '../timeline/log.js';

/** How many rows are read at a time, and after how many bytes of events a page ends. */
const page = { turns: 500, events: 500, bytes: 1024 * 1024 };

/** A line, but for times, which are written as JSON writes them. */
type Line = { type: ExportLine['type'] } & Record<string, unknown>;

/**
 * The lines of an export, in pages: a chat as it is when the first page is read. Later pages leave out what came after.
 * Null when the owner has no such chat.
 */
export async function exportChat(db: Db, owner: string, chatId: string): Promise<AsyncGenerator<Line[]> | null> {
  const { rows } = await db.query<Line & { seq: number; documentId: string | null }>(
    `select 'chat' as type, ${EXPORT_VERSION} as version, id, kind, title, host_id as "hostId", guest_id as "guestId",
       document_id as "documentId", anchor, settings, created_settings as "createdSettings", seq
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
  { seq, ...chat }: Line & { seq: number; documentId: string | null },
): AsyncGenerator<Line[]> {
  yield [chat];
  yield await readCharacters(db, owner, chatId, seq);
  yield await readDocument(db, owner, chat.documentId);
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
async function readCharacters(db: Db, owner: string, chatId: string, upTo: number): Promise<Line[]> {
  const { rows } = await db.query<Line>(
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

async function readDocument(db: Db, owner: string, id: string | null): Promise<Line[]> {
  if (id === null) return [];
  const { rows } = await db.query<Line>(
    `select 'document' as type, id, title, body, version as "documentVersion" from documents where id = $1 and owner = $2`,
    [id, owner],
  );
  return rows;
}

async function readTurns(db: Db, chatId: string, after: string, upTo: number): Promise<(Line & { id: string })[]> {
  const { rows } = await db.query<Line & { id: string }>(
    `select 'turn' as type, id, root_id as "rootId", prose_id as "proseId", regenerates, status,
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

import { type ChatEvent, eventData, type NewEvent } from '../../domain/log/events.js';
import { upcast } from '../../domain/log/upcast.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import { notifyLogGrew } from '../core/notify.js';
import { maxPageBytes, type Page } from '../core/page.js';
import type { Db, Tx } from '../core/pool.js';
import { project } from '../projections/index.js';
import { outboxGrew } from '../webhooks/outbox.js';

/** How much an event's data is as JSON, in bytes; of a release before it is found by writing it. */
export const eventBytes = 'coalesce(bytes, octet_length(data::text))';

/** What caused an append: its step is half of the key under which the effect happens once. */
export type Cause = { chatId: string; turnId: string | null; step: string };

export type ChatLock = {
  id: string;
  owner: string;
  kind: ChatKind;
  seq: number;
  /** Bytes of the log's data as JSON; null where they were never counted. */
  logBytes: number | null;
  activeTurnId: string | null;
};

const lockColumns = 'id, owner, kind, seq, log_bytes, active_turn_id';

/** Locks the chat's row, which orders everything that appends to its log. Null when there is no such chat. */
export async function lockChat(tx: Tx, chatId: string): Promise<ChatLock | null> {
  const { rows } = await tx.query(`select ${lockColumns} from chats where id = $1 for no key update`, [chatId]);
  return toChatLock(rows[0]);
}

/** The same without the lock: events may be appended meanwhile. */
export async function readUnlocked(tx: Tx, chatId: string): Promise<ChatLock | null> {
  const { rows } = await tx.query(`select ${lockColumns} from chats where id = $1`, [chatId]);
  return toChatLock(rows[0]);
}

/** As `lockChat`, by one of the chat's turns. */
export async function lockChatOfTurn(tx: Tx, turnId: string): Promise<ChatLock | null> {
  const { rows } = await tx.query(
    `select ${lockColumns} from chats
     where id = (select chat_id from turns where id = $1) for no key update`,
    [turnId],
  );
  return toChatLock(rows[0]);
}

/**
 * Appends events with the next seqs and projects them in the caller's transaction. Notifies after its commit. The same
 * statement puts the events that webhooks ask for into the outbox.
 * The caller holds the chat's lock. `firstN` numbers the events within their step; a key that exists makes
 * the unique index refuse the append, so look with `findEffect` first. Their time is that of the append and not of
 * the transaction's start, which may be before that of one that was committed first; and it never runs backwards,
 * also when the clock does.
 */
export async function appendEvents(tx: Tx, cause: Cause, events: NewEvent[], firstN = 0): Promise<ChatEvent[]> {
  for (const event of events) eventData[event.kind].parse(event.data);
  const written = events.map((event) => JSON.stringify(event.data));
  const bytes = written.map((json) => Buffer.byteLength(json));
  const { rows } = await tx.query(
    `with taken as (
       update chats set seq = seq + $4, updated_at = now(), last_event_at = greatest(last_event_at, clock_timestamp()),
         log_bytes = coalesce(log_bytes, (select sum(${eventBytes}) from events where chat_id = $1), 0) + $8
       where id = $1 returning seq - $4 as before, last_event_at as at, owner
     ), added as (
       insert into events (chat_id, seq, kind, turn_id, step, n, at, data, bytes)
       select $1, taken.before + e.i, e.kind, $2, $3, $5 + e.i - 1, taken.at, e.data, e.bytes
       from taken, unnest($6::text[], $7::jsonb[], $9::integer[]) with ordinality as e(kind, data, bytes, i)
       returning seq, kind, turn_id, at, data, superseded_by, hidden_by
     ), queued as (
       insert into webhook_deliveries (webhook_id, chat_id, seq)
       select w.id, $1, added.seq from taken join webhooks w on w.owner = taken.owner join added on added.kind = any(w.events)
       returning webhook_id
     )
     select added.*, (select array_agg(distinct webhook_id) from queued) as webhooks from added order by seq`,
    [
      cause.chatId,
      cause.turnId,
      cause.step,
      events.length,
      firstN,
      events.map((event) => event.kind),
      written,
      bytes.reduce((sum, each) => sum + each, 0),
      bytes,
    ],
  );
  if (rows.length !== events.length) throw new Error(`chat ${cause.chatId} is gone`);
  const appended = rows.map(toChatEvent);
  for (const last of appended.slice(-1)) notifyLogGrew(tx, cause.chatId, last.seq);
  if (rows[0]?.webhooks) outboxGrew(tx, rows[0].webhooks);
  await project(tx, cause.chatId, appended);
  return appended;
}

/** The event that a turn's step has appended before, if it has. */
export async function findEffect(db: Db, turnId: string, step: string, n: number): Promise<ChatEvent | null> {
  const { rows } = await db.query(
    `select seq, kind, turn_id, at, data, superseded_by, hidden_by from events
     where chat_id = (select chat_id from turns where id = $1) and turn_id = $1 and step = $2 and n = $3`,
    [turnId, step, n],
  );
  return rows[0] ? toChatEvent(rows[0]) : null;
}

export type ReadEvents = Page<number> & { includeHidden?: boolean };

/** The chat's events after a cursor, oldest first or newest first; a page also ends at `maxPageBytes`. None: no more. */
export async function readEvents(db: Db, chatId: string, range: ReadEvents): Promise<ChatEvent[]> {
  const { after, limit, order = 'asc', includeHidden = false } = range;
  const { rows } = await db.query(
    `select seq, kind, turn_id, at, data, superseded_by, hidden_by from (
       select seq, kind, turn_id, at, data, superseded_by, hidden_by, row_number() over (order by seq ${order}) as place,
         sum(${eventBytes}) over (order by seq ${order}) - ${eventBytes} as before
       from events
       where chat_id = $1 and ($2::integer is null or seq ${order === 'asc' ? '>' : '<'} $2)
         and ($3 or (hidden_by is null and superseded_by is null))
       order by seq ${order} limit $4
     ) page where before < ${maxPageBytes} or place <= 2 order by place`,
    [chatId, after, includeHidden, limit],
  );
  return rows.map(toChatEvent);
}

type ChatRow = Omit<ChatLock, 'logBytes' | 'activeTurnId'> & {
  log_bytes: number | null;
  active_turn_id: string | null;
};

function toChatLock(row: ChatRow | undefined): ChatLock | null {
  if (!row) return null;
  const { log_bytes: logBytes, active_turn_id: activeTurnId, ...chat } = row;
  return { ...chat, logBytes, activeTurnId };
}

export type EventRow = {
  seq: number;
  kind: string;
  turn_id: string | null;
  at: Date;
  data: unknown;
  superseded_by: number | null;
  hidden_by: number | null;
};

export function toChatEvent(row: EventRow): ChatEvent {
  return upcast({
    seq: row.seq,
    kind: row.kind,
    turnId: row.turn_id,
    at: row.at.toISOString(),
    data: row.data,
    supersededBy: row.superseded_by,
    hiddenBy: row.hidden_by,
  } as ChatEvent);
}

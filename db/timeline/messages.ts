import type { ChatEvent } from '../../domain/log/events.js';
import type { Message } from '../../domain/timeline/message.js';
import { foldPart } from '../../domain/timeline/transcript.js';
import { looseKinds, spokenKinds } from '../../domain/timeline/transcriptKinds.js';
import type { Page } from '../core/page.js';
import type { Db } from '../core/pool.js';
import { eventBytes, toChatEvent } from './log.js';

/** A message's id, taken apart: of a greeting, an added and a system message the seq, of every other its turn. */
export type MessageId = { id: string } & ({ seq: number } | { turnId: string });

export function parseMessageId(id: string): MessageId | null {
  const [, seq] = /^(?:greeting|message|system):(\d{1,9})$/.exec(id) ?? [];
  if (seq !== undefined) return { id, seq: Number(seq) };
  const [, turnId] = /^(turn_[0-9A-Za-z-]{1,64}):(?:user|\d{1,9})$/.exec(id) ?? [];
  return turnId === undefined ? null : { id, turnId };
}

/** A message's place: the seq of its anchor, which is its user turn, or the greeting, added or system message itself. */
export type MessagePlace = { id: string; anchor: number };

/** Null when the chat has no such turn. */
export async function findMessage(db: Db, chatId: string, id: MessageId): Promise<MessagePlace | null> {
  if ('seq' in id) return { id: id.id, anchor: id.seq };
  const { rows } = await db.query<{ anchor: number }>(
    'select user_turn_seq as anchor from turns where id = $1 and chat_id = $2',
    [id.turnId, chatId],
  );
  return rows[0] ? { id: id.id, anchor: rows[0].anchor } : null;
}

/** How many anchors, and how many bytes of events, are folded at a time: a batch must not block the event loop. */
const batch = { anchors: 32, bytes: 1024 * 1024 };

/** How much of what clients appended a message shows at most; the log has the rest. */
const looseLimits = { count: 500, bytes: 1024 * 1024 };

/**
 * The chat's messages in the order of the user turns, or the reverse, after a place, in batches. Reads no more of the log
 * than the batches that the caller takes. `limit` is how many messages the caller takes at most.
 */
export async function* readMessages(
  db: Db,
  chatId: string,
  { after, limit, order = 'asc' }: Page<MessagePlace>,
): AsyncGenerator<Message[]> {
  let anchor = after?.anchor ?? null;
  let within = after?.id ?? null;
  for (let left = limit; left > 0; ) {
    const anchors = await readAnchors(db, chatId, { anchor, including: within !== null, order, limit: left });
    if (anchors.length === 0) return;
    const groups = foldPart(...(await readEventsOf(db, chatId, anchors)));
    const messages = groups.flatMap((group) => beyond(group, within === null ? null : { id: within, anchor }, order));
    if (order === 'desc') messages.reverse();
    anchor = anchors.at(-1)!.seq;
    within = null;
    left -= messages.length;
    yield messages;
  }
}

/** The messages after the cursor in its group: none when the cursor's message has left the timeline. */
function beyond(
  { seq, messages }: { seq: number; messages: Message[] },
  cursor: { id: string; anchor: number | null } | null,
  order: 'asc' | 'desc',
): Message[] {
  if (seq !== cursor?.anchor) return messages;
  const at = messages.findIndex((message) => message.id === cursor.id);
  if (at < 0) return [];
  return order === 'asc' ? messages.slice(at + 1) : messages.slice(0, at);
}

type Anchor = { seq: number; isUser: boolean };
type Since = { anchor: number | null; including: boolean; order: 'asc' | 'desc'; limit: number };

const inTimeline = (event: string) => `${event}.hidden_by is null and ${event}.superseded_by is null`;
const listOf = (kinds: readonly string[]) => kinds.map((kind) => `'${kind}'`).join(', ');

/** The anchors of the next batch. Prose that was edited is superseded, and still anchors its exchange. */
async function readAnchors(db: Db, chatId: string, since: Since): Promise<Anchor[]> {
  const comparison = { asc: ['>', '>='], desc: ['<', '<='] }[since.order][since.including ? 1 : 0];
  const { rows } = await db.query<Anchor>(
    `select seq, "isUser" from (
       select seq, "isUser", size, sum(size) over (order by seq ${since.order}) as total,
         row_number() over (order by seq ${since.order}) as place
       from (
         select a.seq, a.kind = 'user_turn' as "isUser", coalesce(a.bytes, 0) + coalesce((
           select sum(coalesce(e.bytes, octet_length(e.data::text))) from turns t
           join events e on e.chat_id = t.chat_id and e.turn_id = t.id
           where t.chat_id = a.chat_id and t.user_turn_seq = a.seq and a.kind = 'user_turn'
             and e.kind in (${listOf(spokenKinds)}) and ${inTimeline('e')}), 0) as size
         from (
           (select a.* from events a
            where a.chat_id = $1 and a.kind in ('user_turn', 'system_message') and a.hidden_by is null
              and (a.kind = 'user_turn' or a.superseded_by is null) and ($2::integer is null or a.seq ${comparison} $2)
            order by a.seq ${since.order} limit $3)
           union all
           (select a.* from events a
            where a.chat_id = $1 and a.kind = 'message_added' and ${inTimeline('a')}
              and ($2::integer is null or a.seq ${comparison} $2)
            order by a.seq ${since.order} limit $3)
           union all
           (select a.* from events a
            where a.chat_id = $1 and a.kind = 'assistant_turn' and a.turn_id is null and ${inTimeline('a')}
              and ($2::integer is null or a.seq ${comparison} $2)
            order by a.seq ${since.order} limit $3)
         ) a
         order by a.seq ${since.order} limit $3
       ) sized
     ) page where total <= ${batch.bytes} or place = 1 order by place`,
    [chatId, since.anchor, Math.min(since.limit, batch.anchors)],
  );
  return rows;
}

/** The events that make the messages of the anchors, and the user turn to which each appended artifact belongs. */
async function readEventsOf(db: Db, chatId: string, anchors: Anchor[]): Promise<[ChatEvent[], Map<number, number>]> {
  const userTurns = anchors.flatMap(({ seq, isUser }) => (isUser ? [seq] : []));
  const ownerOf = await readOwners(db, chatId, userTurns);
  const loose = anchors.flatMap(({ seq, isUser }) => (isUser ? [] : [seq])).concat(...ownerOf.keys());
  const { rows } = await db.query(
    `select e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by
     from turns t join events e on e.chat_id = t.chat_id and e.turn_id = t.id
     where t.chat_id = $1 and t.user_turn_seq = any($2::integer[]) and e.kind in (${listOf(spokenKinds)})
       and ${inTimeline('e')}
     union all
     select e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by
     from events e where e.chat_id = $1 and e.seq = any($3::integer[])
     order by seq`,
    [chatId, userTurns, loose],
  );
  return [rows.map(toChatEvent), ownerOf];
}

/** Whether a user turn has a reply, or may still get one: then what clients append can belong to it. */
const isSaid = (turnSeq: string) => `(exists (
    select from turns t join events r on r.chat_id = t.chat_id and r.turn_id = t.id
    where t.chat_id = $1 and t.user_turn_seq = ${turnSeq} and r.kind = 'assistant_turn' and ${inTimeline('r')}
  ) or not exists (
    select from turns t join events d on d.chat_id = t.chat_id and d.turn_id = t.id
    where t.chat_id = $1 and t.user_turn_seq = ${turnSeq} and d.kind = 'turn_completed' and ${inTimeline('d')}
  ))`;

/**
 * By the seq of what a client appended, the user turn that it belongs to, if that is one of these: the turn whose reply
 * was running, else the last one before it. For each user turn no more than a message shows.
 */
async function readOwners(db: Db, chatId: string, userTurns: number[]): Promise<Map<number, number>> {
  if (userTurns.length === 0) return new Map();
  const { rows } = await db.query<{ seq: number; owner: number }>(
    `select seq, owner from (
       select e.seq, o.owner, row_number() over (partition by o.owner order by e.seq) as place,
         sum(${eventBytes}) over (partition by o.owner order by e.seq) as total
       from events e cross join lateral (select coalesce((
           select (b.data->>'userTurnSeq')::integer from (
             select s.turn_id, s.data from events s
             where s.chat_id = $1 and s.kind = 'assistant_turn_started' and s.seq < e.seq and ${inTimeline('s')}
             order by s.seq desc limit 1
           ) b where not exists (
             select from events d where d.chat_id = $1 and d.turn_id = b.turn_id and d.kind = 'turn_completed'
               and d.seq < e.seq and ${inTimeline('d')}
           ) and ${isSaid("(b.data->>'userTurnSeq')::integer")}
         ), (
           select u.seq from events u
           where u.chat_id = $1 and u.kind = 'user_turn' and u.seq < e.seq and u.hidden_by is null and ${isSaid('u.seq')}
           order by u.seq desc limit 1
         )) as owner) o
       where e.chat_id = $1 and e.turn_id is null and e.kind in (${listOf(looseKinds)}) and ${inTimeline('e')}
         and e.seq > $3 and e.seq < $4 and o.owner = any($2::integer[])
     ) owned where place <= ${looseLimits.count} and (total <= ${looseLimits.bytes} or place = 1) order by seq`,
    [chatId, userTurns, Math.min(...userTurns), await endOf(db, chatId, userTurns)],
  );
  return new Map(rows.map(({ seq, owner }) => [seq, owner]));
}

/** The seq from which nothing belongs to these user turns: they have ended, and another user turn follows. */
async function endOf(db: Db, chatId: string, userTurns: number[]): Promise<number> {
  const { rows } = await db.query<{ next: number | null; ended: number | null; open: boolean }>(
    `select (
         select u.seq from events u
         where u.chat_id = $1 and u.kind = 'user_turn' and u.seq > $3 and u.hidden_by is null and ${isSaid('u.seq')}
         order by u.seq limit 1
       ) as next, max(d.seq) as ended, bool_or(t.finished_at is null) as open
     from turns t left join events d on d.chat_id = t.chat_id and d.turn_id = t.id and d.kind = 'turn_completed'
     where t.chat_id = $1 and t.user_turn_seq = any($2::integer[])`,
    [chatId, userTurns, Math.max(...userTurns)],
  );
  const { next, ended, open } = rows[0]!;
  return open || next === null ? 2 ** 31 - 1 : Math.max(next, ended ?? 0);
}

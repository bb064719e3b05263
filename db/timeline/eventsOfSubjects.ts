import type { ChatEvent } from '../../domain/log/events.js';
import type { Db } from '../core/pool.js';
import { type EventRow, eventBytes, toChatEvent } from './log.js';
import { inTimeline, subjectOf } from './subjects.js';

/** `since`: only events after it. */
type Which = { subjects: string[]; kinds: readonly string[]; since?: number; limit?: number };

const MAX_SEQ = 2 ** 31 - 1;

/** The events of the timeline about some subjects, oldest first. Reads no others. */
export async function readEventsOf(db: Db, chatId: string, which: Which): Promise<ChatEvent[]> {
  const { subjects, kinds, since = 0, limit = null } = which;
  const { rows } = await db.query<EventRow>(
    `select e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by
     from unnest($2::text[]) as s(subject) cross join lateral (
       select * from events e
       where e.chat_id = $1 and ${subjectOf('e')} = s.subject and e.seq > $4 and e.kind = any($3::text[])
         and ${inTimeline('e')}
       order by e.seq limit $5
     ) e
     order by e.seq`,
    [chatId, subjects, kinds, since, limit],
  );
  return rows.map(toChatEvent);
}

/** After how many bytes of data a page of events ends. */
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * The events of `readEventsOf` in pages, so that long texts that were edited often are not in memory together. `upTo`: none
 * after it. With `offset 0` each subject is looked up by its index; Postgres would take the log for as short as that of
 * most chats, and read all of it.
 */
export async function* pagesOfEvents(
  db: Db,
  chatId: string,
  { subjects, kinds, upTo = MAX_SEQ }: Pick<Which, 'subjects' | 'kinds'> & { upTo?: number | undefined },
): AsyncGenerator<ChatEvent[]> {
  for (let since = 0; ; ) {
    const { rows } = await db.query<EventRow & { isLast: boolean }>(
      `select seq, kind, turn_id, at, data, superseded_by, hidden_by, count = place as "isLast" from (
         select e.*, sum(${eventBytes}) over (order by e.seq rows unbounded preceding) as total,
           row_number() over (order by e.seq) as place, count(*) over () as count
         from unnest($2::text[]) as s(subject) cross join lateral (
           select * from events e
           where e.chat_id = $1 and ${subjectOf('e')} = s.subject and e.seq > $4 and e.seq <= $5
             and e.kind = any($3::text[]) and ${inTimeline('e')}
           offset 0
         ) e
       ) e where total <= ${PAGE_BYTES} or place = 1 order by seq`,
      [chatId, subjects, kinds, since, upTo],
    );
    yield rows.map(toChatEvent);
    const last = rows.at(-1);
    if (!last || last.isLast) return;
    since = last.seq;
  }
}

/** Events by their seqs, if they are in the timeline, oldest first. */
export async function readEventsAt(db: Db, chatId: string, seqs: number[]): Promise<ChatEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by from events e
     where e.chat_id = $1 and e.seq = any($2::integer[]) and ${inTimeline('e')} order by e.seq`,
    [chatId, seqs],
  );
  return rows.map(toChatEvent);
}

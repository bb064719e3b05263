import type { ChatEvent } from '../../domain/log/events.js';
import type { Db } from '../core/pool.js';
import { type EventRow, toChatEvent } from './log.js';
import { inTimeline, subjectOf } from './subjects.js';

/** `since`: only events after it. */
type Which = { subjects: string[]; kinds: readonly string[]; since?: number; limit?: number };

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

/** Events by their seqs, if they are in the timeline, oldest first. */
export async function readEventsAt(db: Db, chatId: string, seqs: number[]): Promise<ChatEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by from events e
     where e.chat_id = $1 and e.seq = any($2::integer[]) and ${inTimeline('e')} order by e.seq`,
    [chatId, seqs],
  );
  return rows.map(toChatEvent);
}

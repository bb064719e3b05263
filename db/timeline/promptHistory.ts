import { withoutErrorLine } from '../../domain/log/errorLine.js';
import type { PublicError } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';
import { isLine, lastLinesFirst, lineOf } from './lines.js';

/** A message of the timeline, as a prompt takes it; `quote` is what the user had selected. */
export type HistoryMessage = { role: 'user' | 'assistant'; text: string; quote: string | null };

/** What a turn answers, and the quote that came with it; for a lateral join on a turn `t`. */
export const askedOfTurn = `lateral (
  select coalesce(t.edit_text, e.data->>'text', '') as text, e.data->>'quote' as quote
  from (select 1) as one
  left join events e on e.chat_id = t.chat_id and e.turn_id = t.prose_id and e.kind in ('user_turn', 'user_turn_edit')
  order by e.seq limit 1
)`;

/**
 * The last messages of a chat's timeline before a user turn, oldest first, also those of cancelled and failed turns that
 * have text.
 */
export async function readHistoryBefore(
  db: Db,
  { chatId, userTurnSeq }: { chatId: string; userTurnSeq: number },
  limit: number,
): Promise<HistoryMessage[]> {
  const { rows } = await db.query<HistoryMessage & { error: PublicError | null }>(
    `select case when e.kind = 'assistant_turn' then 'assistant' else coalesce(e.data->>'role', 'user') end as role, e.data->>'text' as text,
       e.data->>'quote' as quote, e.data->'error' as error
     from events e
     where ${isLine('e')} and e.chat_id = $1 and (e.turn_id is not null or e.kind = 'message_added') and ${lineOf('e')} < $2 and e.data->>'text' <> ''
     order by ${lastLinesFirst('e')} limit $3`,
    [chatId, userTurnSeq, limit],
  );
  const lines = rows.map(({ error, ...line }) => ({ ...line, text: withoutErrorLine(line.text, error) }));
  return lines.filter(({ text }) => text !== '').reverse();
}

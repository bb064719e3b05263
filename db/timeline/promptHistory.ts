import type { Attachment } from '../../domain/attachments/attachment.js';
import { withoutErrorLine } from '../../domain/log/errorLine.js';
import type { AddedCall, AgentStep } from '../../domain/log/events.js';
import type { PublicError } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';
import { isLine, lastLinesFirst, lineOf } from './lines.js';

/** A message of the timeline, as a prompt takes it; `quote` is what the user had selected. */
export type HistoryMessage = {
  role: 'user' | 'assistant';
  text: string;
  quote: string | null;
  attachments?: readonly Attachment[] | undefined;
  /** Of a reply that ends with calls which its client runs: its turn and its steps. */
  asked?: { turnId: string; userTurnSeq: number; steps: AgentStep[] } | undefined;
  /** Of a message that came with the chat: its calls. */
  calls?: readonly AddedCall[] | undefined;
};

/** What is attached to the message that the turn `t` answers: all versions have what the first message had. */
export const attachmentsOfTurn = `(select a.data->'attachments' from events a
  where a.chat_id = t.chat_id and a.turn_id = t.root_id and a.kind = 'user_turn' limit 1)`;

/** What a turn answers, and what came with it; for a lateral join on a turn `t`. */
export const askedOfTurn = `lateral (
  select coalesce(t.edit_text, e.data->>'text', '') as text, e.data->>'quote' as quote,
    ${attachmentsOfTurn} as attachments
  from (select 1) as one
  left join events e on e.chat_id = t.chat_id and e.turn_id = t.prose_id and e.kind in ('user_turn', 'user_turn_edit')
  order by e.seq limit 1
)`;

/** Whether a reply ends with calls that its client runs. A reply that was cut short does not hand them over. */
const asksClient = (event: string) => `(${event}.kind = 'assistant_turn' and ${event}.data->>'truncated' = 'false'
  and coalesce(jsonb_path_exists(${event}.data->'steps', '$[*] ? (@.client == true)'), false))`;

/**
 * The last messages of a chat's timeline before a user turn, oldest first, also those of cancelled and failed turns that
 * have text.
 */
export async function readHistoryBefore(
  db: Db,
  { chatId, userTurnSeq }: { chatId: string; userTurnSeq: number },
  limit: number,
): Promise<HistoryMessage[]> {
  type Row = HistoryMessage & {
    turnId: string | null;
    line: number;
    error: PublicError | null;
    attachments: Attachment[] | null;
    steps: AgentStep[] | null;
    calls: AddedCall[] | null;
  };
  const { rows } = await db.query<Row>(
    `select case when e.kind = 'assistant_turn' then 'assistant' else coalesce(e.data->>'role', 'user') end as role,
       e.data->>'text' as text, e.data->>'quote' as quote, e.data->'attachments' as attachments, e.data->'error' as error,
       e.turn_id as "turnId", ${lineOf('e')} as line, case when ${asksClient('e')} then e.data->'steps' end as steps, e.data->'calls' as calls
     from events e
     where ${isLine('e')} and e.chat_id = $1 and (e.turn_id is not null or e.kind = 'message_added') and ${lineOf('e')} < $2
       and (e.data->>'text' <> '' or e.data->'calls' is not null or ${asksClient('e')})
     order by ${lastLinesFirst('e')} limit $3`,
    [chatId, userTurnSeq, limit],
  );
  const lines = rows.map(
    ({ role, quote, text, turnId, line, error, attachments, steps, calls }): HistoryMessage => ({
      role,
      quote,
      text: withoutErrorLine(text, error),
      ...(attachments ? { attachments } : {}),
      ...(steps && turnId ? { asked: { turnId, userTurnSeq: line, steps } } : {}),
      ...(calls ? { calls } : {}),
    }),
  );
  return lines.filter(({ text, asked, calls }) => text !== '' || asked || calls).reverse();
}

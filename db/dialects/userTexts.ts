import type { Db } from '../core/pool.js';
import { isLine, lineOf } from '../timeline/lines.js';

/** More messages than a client sends in a request. */
const MAX_TEXTS = 10_000;

/**
 * A message of the user in the timeline. `seq`: of its user turn. `turnId`: a version of the reply to it; null of a message
 * that came with the chat. `answers`: the calls whose outputs came with it. `attached`: how many files it has.
 */
export type UserText = { seq: number; turnId: string | null; text: string; answers: string[]; attached: number };

/** The user's messages as the timeline has them, in its order. An edit whose reply is in flight counts. */
export async function readUserTexts(db: Db, chatId: string): Promise<UserText[]> {
  const { rows } = await db.query<UserText>(
    `select distinct on (${lineOf('e')}) ${lineOf('e')} as seq, e.turn_id as "turnId",
       coalesce(edit.text, e.data->>'text') as text,
       coalesce(jsonb_path_query_array(e.data->'outputs', '$[*].id'), '[]') as answers,
       jsonb_array_length(coalesce(e.data->'attachments', '[]')) as attached
     from events e
     left join (select t.user_turn_seq as line, t.edit_text as text from chats c join turns t on t.id = c.active_turn_id
       where c.id = $1 and t.edit_text is not null) edit on edit.line = ${lineOf('e')}
     where ${isLine('e')} and e.chat_id = $1 and e.kind <> 'assistant_turn' and coalesce(e.data->>'role', 'user') = 'user'
     order by ${lineOf('e')}, e.seq desc limit ${MAX_TEXTS}`,
    [chatId],
  );
  return rows;
}

import type { Chat } from '../chats/chats.js';
import type { Db } from '../core/pool.js';
import { isLine, lineOf } from '../timeline/lines.js';
import { type ChatName, namedChatId } from './chatNames.js';

/** More messages than a client sends in a request. */
const MAX_TEXTS = 10_000;

/**
 * A message of the user in the timeline. `seq`: of its user turn. `turnId`: a version of the reply to it; null of a message
 * that came with the chat. `answers`: the calls whose outputs came with it. `attached`: how many files it has.
 */
export type UserText = { seq: number; turnId: string | null; text: string; answers: string[]; attached: number };

/** The user's messages as the timeline has them, in its order. An edit whose reply is in flight counts. */
export async function readUserTexts(db: Db, chatId: string): Promise<UserText[]> {
  const { rows } = await db.query<UserText>(userTextsOf('$1'), [chatId]);
  return rows;
}

/** The chat that a client names, or that of a turn. */
export type AskedChat = ChatName | { owner: string; turnId: string };
/** What a request is compared with. */
export type KnownChat = Pick<Chat, 'id' | 'kind' | 'hostId' | 'settings'> & { texts: UserText[] };

/** A chat with the user's messages, in one statement; null when the owner has no such chat. */
export async function readKnownChat(db: Db, asked: AskedChat): Promise<KnownChat | null> {
  const [which, values] =
    'turnId' in asked
      ? ['(select t.chat_id from turns t where t.id = $2 and t.owner = $1)', [asked.owner, asked.turnId]]
      : [namedChatId('$1', '$2', '$3'), [asked.owner, asked.mount, asked.clientId]];
  const { rows } = await db.query<KnownChat>(
    `select chat.id, chat.kind, chat.host_id as "hostId", chat.settings,
       (select coalesce(json_agg(u order by u.seq), '[]') from (${userTextsOf('chat.id')}) u) as texts
     from chats chat where chat.id = ${which}`,
    values,
  );
  return rows[0] ?? null;
}

const userTextsOf = (chatId: string): string =>
  `select distinct on (${lineOf('e')}) ${lineOf('e')} as seq, e.turn_id as "turnId",
       coalesce(edit.text, e.data->>'text') as text,
       coalesce(jsonb_path_query_array(e.data->'outputs', '$[*].id'), '[]') as answers,
       jsonb_array_length(coalesce(e.data->'attachments', '[]')) as attached
     from events e
     left join (select t.user_turn_seq as line, t.edit_text as text from chats c join turns t on t.id = c.active_turn_id
       where c.id = ${chatId} and t.edit_text is not null) edit on edit.line = ${lineOf('e')}
     where ${isLine('e')} and e.chat_id = ${chatId} and e.kind <> 'assistant_turn' and coalesce(e.data->>'role', 'user') = 'user'
     order by ${lineOf('e')}, e.seq desc limit ${MAX_TEXTS}`;

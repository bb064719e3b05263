import { v7 } from 'uuid';
import type { Chat } from '../chats/chats.js';
import type { Db } from '../core/pool.js';
import { isLine, lineOf } from '../timeline/lines.js';
import { type ChatName, namedChatId } from './chatNames.js';
import { type DialectRequest, insertedRequest, type NewRequest } from './requests.js';

/** More messages than a client sends in a request. */
const MAX_TEXTS = 10_000;

/**
 * A message of the user in the timeline. `seq`: of its user turn. `turnId`: a version of the reply to it; null of a message
 * that came with the chat. `answers`: the calls whose outputs came with it. `attached`: how many files it has.
 */
export type UserText = { seq: number; turnId: string | null; text: string; answers: string[]; attached: number };

/** The user's messages as the timeline has them, in its order. An edit whose reply is in flight counts. */
export async function readUserTexts(db: Db, chatId: string): Promise<UserText[]> {
  const { rows } = await db.query<Columns>(columnsOf('$1'), [chatId]);
  return rows[0] ? toUserTexts(rows[0]) : [];
}

/** The chat that a client names, or that of a turn. */
export type AskedChat = ChatName | { owner: string; turnId: string };
/** What a request is compared with. */
export type KnownChat = Pick<Chat, 'id' | 'kind' | 'hostId' | 'settings'> & { seq: number; texts: UserText[] };

/** A chat with the user's messages, in one statement; null when the owner has no such chat. */
export async function readKnownChat(db: Db, asked: AskedChat): Promise<KnownChat | null> {
  const [which, values] =
    'turnId' in asked
      ? ['(select t.chat_id from turns t where t.id = $2 and t.owner = $1)', [asked.owner, asked.turnId]]
      : [namedChatId('$1', '$2', '$3'), [asked.owner, asked.mount, asked.clientId]];
  const { rows } = await db.query<ChatRow>(
    `select ${chatColumns} from chats chat, lateral (${columnsOf('chat.id')}) columns where chat.id = ${which}`,
    values,
  );
  return rows[0] ? toKnownChat(rows[0]) : null;
}

/** As `beginRequest` for a request that names its chat and is not a repeat, with that chat, in one statement. */
export async function beginInKnownChat(
  db: Db,
  { owner, mount, hash, clientId }: Omit<NewRequest, 'repeats'> & { clientId: string },
): Promise<{ begun: DialectRequest; chat: KnownChat | null }> {
  const id = v7();
  const { rows } = await db.query<ChatRow | NoChatRow>(
    `with ${insertedRequest} select ${chatColumns} from request left join chats chat on chat.id = request.chat_id
     left join lateral (${columnsOf('chat.id')}) columns on chat.id is not null`,
    [id, owner, mount, hash, clientId],
  );
  const chat = rows[0]?.id ? toKnownChat(rows[0]) : null;
  return { begun: { id, chatId: chat?.id ?? null, chat, repeats: false }, chat };
}

type ChatRow = Omit<KnownChat, 'texts'> & Columns;
type NoChatRow = { id: null };

const chatColumns = 'chat.id, chat.kind, chat.host_id as "hostId", chat.settings, chat.seq, columns.*';

const toKnownChat = ({ id, kind, hostId, settings, seq, ...columns }: ChatRow): KnownChat => ({
  id,
  kind,
  hostId,
  settings,
  seq,
  texts: toUserTexts(columns),
});

/**
 * The messages as one row: an array for each column is built and parsed in half the time of an object for each message.
 * `more`: of the few messages that brought outputs or files. `edited`: the text of an edit whose reply is in flight.
 */
type Columns = {
  seqs: number[];
  turnIds: (string | null)[];
  texts: string[];
  more: { seq: number; answers: string[]; attached: number }[];
  edited: { seq: number; text: string } | null;
};

const columnsOf = (chatId: string): string =>
  `select coalesce(json_agg(seq), '[]') as seqs, coalesce(json_agg("turnId"), '[]') as "turnIds",
     coalesce(json_agg(text), '[]') as texts,
     coalesce(json_agg(json_build_object('seq', seq, 'answers', answers, 'attached', coalesce(attached, 0)))
       filter (where answers <> '[]' or attached > 0), '[]') as more,
     (select json_build_object('seq', t.user_turn_seq, 'text', t.edit_text) from chats c join turns t on t.id = c.active_turn_id
       where c.id = ${chatId} and t.edit_text is not null) as edited
   from (
     select distinct on (${lineOf('e')}) ${lineOf('e')} as seq, e.turn_id as "turnId", e.data->>'text' as text,
       jsonb_path_query_array(e.data->'outputs', '$[*].id') as answers, jsonb_array_length(e.data->'attachments') as attached
     from events e
     where ${isLine('e')} and e.chat_id = ${chatId} and e.kind <> 'assistant_turn' and coalesce(e.data->>'role', 'user') = 'user'
     order by ${lineOf('e')}, e.seq desc limit ${MAX_TEXTS}
   ) line`;

function toUserTexts({ seqs, turnIds, texts, more, edited }: Columns): UserText[] {
  const brought = new Map(more.map(({ seq, ...what }) => [seq, what]));
  return seqs.map((seq, n) => ({
    seq,
    turnId: turnIds[n] ?? null,
    text: edited?.seq === seq ? edited.text : (texts[n] ?? ''),
    answers: brought.get(seq)?.answers ?? [],
    attached: brought.get(seq)?.attached ?? 0,
  }));
}

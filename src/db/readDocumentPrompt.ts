import type { DocumentPromptInput, Said } from '../domain/documentPrompt.js';
import type { Db } from './pool.js';

/** Earlier messages that a prompt looks back on, at most. */
const HISTORY_MESSAGES = 200;

type Head = Omit<DocumentPromptInput, 'document' | 'history' | 'line'> & {
  chatId: string;
  userTurnSeq: number;
  title: string;
  body: string;
  text: string | null;
  quote: string | null;
};

/** What a reply about a document is made from. Null when the turn, its chat or its document is no more. */
export async function readDocumentPrompt(db: Db, turnId: string): Promise<DocumentPromptInput | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", d.title, d.body, ch.anchor,
       coalesce(t.edit_text, e.data->>'text') as text, e.data->>'quote' as quote
     from turns t
     join chats ch on ch.id = t.chat_id
     join documents d on d.id = ch.document_id
     left join lateral (
       select data from events where chat_id = t.chat_id and turn_id = t.prose_id
         and kind in ('user_turn', 'user_turn_edit') order by seq limit 1
     ) e on true
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const { title, body, anchor, text, quote } = head;
  const line: Said = { role: 'user', text: text ?? '', quote };
  return { document: { title, body }, anchor, history: await readHistory(db, head), line };
}

async function readHistory(db: Db, { chatId, userTurnSeq }: Head): Promise<Said[]> {
  const { rows } = await db.query<Said>(
    `select case when e.kind = 'assistant_turn' then 'assistant' else 'user' end as role, e.data->>'text' as text,
       e.data->>'quote' as quote
     from events e join turns t on t.id = e.turn_id
     where e.chat_id = $1 and e.kind in ('user_turn', 'user_turn_edit', 'assistant_turn')
       and e.hidden_by is null and e.superseded_by is null and t.user_turn_seq < $2 and e.data->>'text' <> ''
     order by t.user_turn_seq desc, (e.kind = 'assistant_turn') desc, e.seq desc limit $3`,
    [chatId, userTurnSeq, HISTORY_MESSAGES],
  );
  return rows.reverse();
}

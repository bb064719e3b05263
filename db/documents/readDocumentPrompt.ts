import type { Attachment } from '../../domain/attachments/attachment.js';
import type { DocumentPromptInput, ThreadMessage } from '../../domain/documents/documentPrompt.js';
import { withTexts } from '../attachments/promptAttachments.js';
import type { Db } from '../core/pool.js';
import { askedOfTurn, type HistoryMessage, readHistoryBefore } from '../timeline/promptHistory.js';

/** Most earlier messages that a prompt has. */
const HISTORY_MESSAGES = 200;

type Head = Omit<DocumentPromptInput, 'document' | 'history' | 'line'> & {
  chatId: string;
  userTurnSeq: number;
  title: string;
  body: string;
  text: string;
  quote: string | null;
  attachments: Attachment[] | null;
};

/** Reads the input of a document chat's prompt. Null when the turn, its chat or its document was deleted. */
export async function readDocumentPrompt(db: Db, turnId: string): Promise<DocumentPromptInput | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", d.title, d.body, ch.anchor, asked.text, asked.quote, asked.attachments
     from turns t join chats ch on ch.id = t.chat_id join documents d on d.id = ch.document_id
     cross join ${askedOfTurn} as asked
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const { title, body, anchor, text, quote, attachments } = head;
  const said = await readHistoryBefore(db, head, HISTORY_MESSAGES);
  const history = said.filter((each) => each.text !== '');
  const line: HistoryMessage = { role: 'user', text, quote, ...(attachments ? { attachments } : {}) };
  const lines: ThreadMessage[] = await withTexts(db, turnId, [...history, line]);
  return { document: { title, body }, anchor, history: lines.slice(0, -1), line: lines.at(-1)! };
}

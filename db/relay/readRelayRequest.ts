import { type Attachment, fileText, noteOf } from '../../domain/attachments/attachment.js';
import type { RelayRequest } from '../../domain/relay/relay.js';
import { withTexts } from '../attachments/promptAttachments.js';
import type { Db } from '../core/pool.js';
import { askedOfTurn, readHistoryBefore } from '../timeline/promptHistory.js';

/** Most messages of a primer. */
const PRIMER_MESSAGES = 20;

/** The most text of attached files in one message, in UTF-16 code units. */
const MAX_FILE_TEXT = 64 * 1024;

type Head = Omit<RelayRequest, 'primer'> & {
  chatId: string;
  userTurnSeq: number;
  primed: boolean;
  attachments: Attachment[] | null;
};

/**
 * Reads a turn's request to the upstream. `primer` has earlier messages, unless the upstream's session has them. Null
 * when the turn was deleted.
 */
export async function readRelayRequest(db: Db, turnId: string): Promise<RelayRequest | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", ch.relay_primed as primed,
       ch.settings->>'persona' as persona, coalesce(ch.settings->>'sessionId', ch.id) as "sessionId",
       coalesce(y.name, t.owner) as username, t.owner as "userId",
       asked.text as message, asked.attachments
     from turns t join chats ch on ch.id = t.chat_id left join you y on y.owner = t.owner
       cross join ${askedOfTurn} as asked
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const { chatId, userTurnSeq, primed, attachments, ...asked } = head;
  const request = { ...asked, message: await withFiles(db, turnId, asked.message, attachments ?? []) };
  if (primed) return { ...request, primer: null };
  const said = await readHistoryBefore(db, { chatId, userTurnSeq }, PRIMER_MESSAGES);
  return {
    ...request,
    primer: said.filter(({ text }) => text !== '').map(({ role, text }) => ({ role, content: text })),
  };
}

/** The upstream takes one text: attached files follow the message in it, as far as they fit. */
async function withFiles(db: Db, turnId: string, message: string, attachments: Attachment[]): Promise<string> {
  if (attachments.length === 0) return message;
  const [line] = await withTexts(db, turnId, [{ attachments }]);
  let left = MAX_FILE_TEXT;
  const files = (line?.attachments ?? []).flatMap(({ text, ...file }) => {
    if (text === undefined || left <= 0) return [noteOf(file)];
    const kept = text.length > left ? `${text.slice(0, left).toWellFormed()}…` : text;
    left -= kept.length;
    return [fileText(file, kept)];
  });
  return [message, ...files].join('\n\n');
}

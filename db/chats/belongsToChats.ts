import type { Db } from '../core/pool.js';

/** What a chat can have, beside its own rows. */
export type ChatPart = 'turn' | 'document' | 'change' | 'attachment' | 'character';

/** `$1` is the id, `$2` the chats. */
const queries: Record<ChatPart, string> = {
  turn: 'select from turns where id = $1 and chat_id = any($2)',
  document: 'select from chats where document_id = $1 and id = any($2)',
  change: 'select from changes where id = $1 and chat_id = any($2)',
  // An upload that no message has belongs to no chat yet. Its id can't be guessed.
  attachment: `select from attachments a where a.id = $1
    and (not a.attached or exists (select from chat_attachments c where c.attachment_id = a.id and c.chat_id = any($2)))`,
  character: 'select from chats where (host_id = $1 or guest_id = $1) and id = any($2)',
};

/** Whether one of the chats has the part. Who owns it is for the caller to check. */
export async function belongsToChats(db: Db, part: ChatPart, id: string, chatIds: readonly string[]): Promise<boolean> {
  const { rowCount } = await db.query(queries[part], [id, chatIds]);
  return (rowCount ?? 0) > 0;
}

/** Whether the owner has all of the chats. */
export async function ownsChats(db: Db, owner: string, chatIds: readonly string[]): Promise<boolean> {
  const { rows } = await db.query<{ found: number }>(
    'select count(*)::integer as found from chats where owner = $1 and id = any($2)',
    [owner, chatIds],
  );
  return rows[0]?.found === new Set(chatIds).size;
}

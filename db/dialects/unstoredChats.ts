import { deleteChat } from '../chats/deleteChat.js';
import { type Db, type Pool, transaction } from '../core/pool.js';

/** A chat that was made for one response, and is deleted with its end. */
type UnstoredChat = { owner: string; chatId: string };

const AT_ONCE = 50;
/** Seconds in which a client may repeat a request whose answer it did not get. */
const REPEATED_WITHIN = 120;

/** Whether the turn of a response is the only one of its chat, and has ended. */
const isAlone = `t.finished_at is not null and not exists (select from turns o where o.chat_id = r.chat_id and o.id <> t.id)`;

/** Deletes the chat of a response if it was made for it, the turn has ended, and no other turn has come. */
export async function deleteUnstoredChat(pool: Pool, { owner, chatId }: UnstoredChat): Promise<boolean> {
  return transaction(pool, async (tx) => {
    // A turn that is accepted at the same time locks the chat too.
    await tx.query('select from chats where id = $1 for update', [chatId]);
    const { rowCount } = await tx.query(
      `select from dialect_responses r join turns t on t.id = r.turn_id
       where r.chat_id = $1 and r.deletes_chat and ${isAlone}`,
      [chatId],
    );
    return rowCount === 1 && (await deleteChat(tx, owner, chatId)).found;
  });
}

/** Deletes such chats that were left: their client had gone, or an api died. */
export async function deleteUnstoredChats(pool: Pool): Promise<void> {
  for (const chat of await readLeft(pool)) await deleteUnstoredChat(pool, chat);
}

async function readLeft(db: Db): Promise<UnstoredChat[]> {
  const { rows } = await db.query<UnstoredChat>(
    `select r.owner, r.chat_id as "chatId" from dialect_responses r
       join turns t on t.id = r.turn_id join chats c on c.id = r.chat_id
     where r.deletes_chat and ${isAlone} and t.finished_at < now() - interval '${REPEATED_WITHIN} seconds' limit ${AT_ONCE}`,
    [],
  );
  return rows;
}

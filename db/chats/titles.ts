import type { NewEvent } from '../../domain/log/events.js';
import { newId } from '../core/ids.js';
import { type Db, type Pool, transaction } from '../core/pool.js';
import { appendEvents, lockChat } from '../timeline/log.js';

/** Whether a chat, here `c`, has no title that a person or a classifier gave it. */
export const isUntitled = '(c.title is null or c.title_is_provisional)';

/**
 * Whether the turn `t` of the chat `c` may be the first whose reply names the chat: no other turn has ended well. A chat
 * that is made for one response is deleted with it, and relay chats are named by their upstream.
 */
export const isNamedByTurn = `c.kind <> 'relay' and ${isUntitled}
  and not exists (select from turns o where o.chat_id = c.id and o.id <> t.id and o.status = 'completed')
  and not exists (select from dialect_responses r where r.chat_id = c.id and r.deletes_chat)`;

/** Whether the chat of a turn still has no title, so that a model is worth asking. */
export async function needsTitle(db: Db, turnId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from turns t join chats c on c.id = t.chat_id where t.id = $1 and ${isUntitled}`,
    [turnId],
  );
  return rowCount === 1;
}

/** Gives a chat the title of a `chat_titled`, and appends the event, unless a person has given it one meanwhile. */
export function giveTitle(pool: Pool, chatId: string, titled: NewEvent & { kind: 'chat_titled' }): Promise<void> {
  return transaction(pool, async (tx) => {
    if (!(await lockChat(tx, chatId))) return;
    const { rowCount } = await tx.query(
      `update chats c set title = $2, title_is_provisional = false where c.id = $1 and ${isUntitled}`,
      [chatId, titled.data.title],
    );
    // The title of the row is the key: once it is there, this appends nothing. A chat may be named again after its title
    // was removed, so each event gets a new id.
    if (rowCount === 0) return;
    await appendEvents(tx, { chatId, turnId: null, step: `title:${newId('evt')}` }, [titled]);
  });
}

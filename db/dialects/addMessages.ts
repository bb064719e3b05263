import { lockChatUnlessFull } from '../chats/lockOwnChat.js';
import type { EarlierMessage } from '../chats/newChat.js';
import { newId } from '../core/ids.js';
import { type Pool, transaction } from '../core/pool.js';
import { appendEvents } from '../timeline/log.js';

/**
 * Appends messages that no turn of the chat made; the model reads them with the next turn. Gives the seq of each. Throws
 * `ChatRefused`.
 */
export async function addMessages(
  pool: Pool,
  { owner, chatId }: { owner: string; chatId: string },
  messages: readonly EarlierMessage[],
): Promise<number[]> {
  if (messages.length === 0) return [];
  return transaction(pool, async (tx) => {
    await lockChatUnlessFull(tx, owner, chatId);
    const events = await appendEvents(
      tx,
      { chatId, turnId: null, step: `added:${newId('evt')}` },
      messages.map((data) => ({ kind: 'message_added', data: { ...data } })),
    );
    return events.map(({ seq }) => seq);
  });
}

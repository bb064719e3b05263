import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { type ChatLock, lockChat } from '../timeline/log.js';

/** Locks the owner's chat. Throws `ChatRefused`. */
export async function holdOwnChat(tx: Tx, owner: string, chatId: string): Promise<ChatLock> {
  const chat = await lockChat(tx, chatId);
  if (!chat || chat.owner !== owner) throw new ChatRefused('chat_not_found');
  return chat;
}

/** Throws `ChatRefused` while a turn holds the floor or waits for it: the timeline can't be changed under it. */
export async function mustBeFree(tx: Tx, chat: ChatLock): Promise<void> {
  const waiting = "select from turns where chat_id = $1 and status = 'queued' limit 1";
  if (chat.activeTurnId !== null || (await tx.query(waiting, [chat.id])).rowCount) {
    throw new ChatRefused('turn_in_progress');
  }
}

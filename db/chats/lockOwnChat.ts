import { isChatFull } from '../../domain/timeline/chatLimits.js';
import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { type ChatLock, lockChat } from '../timeline/log.js';

/** Locks the owner's chat. Throws `ChatRefused`. */
export async function lockOwnChat(tx: Tx, owner: string, chatId: string): Promise<ChatLock> {
  const chat = await lockChat(tx, chatId);
  if (!chat || chat.owner !== owner) throw new ChatRefused('chat_not_found');
  return chat;
}

/** The same, of a chat that a client is about to add to. */
export async function lockChatWithRoom(tx: Tx, owner: string, chatId: string): Promise<ChatLock> {
  const chat = await lockOwnChat(tx, owner, chatId);
  if (isChatFull(chat)) throw new ChatRefused('chat_full');
  return chat;
}

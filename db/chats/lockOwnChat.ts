import { isChatFull } from '../../domain/timeline/chatLimits.js';
import type { Tx } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { type ChatLock, lockChat, readUnlocked } from '../timeline/log.js';

/** Locks the owner's chat. Throws `ChatRefused` when the owner has no such chat. */
export const lockOwnChat = async (tx: Tx, owner: string, chatId: string): Promise<ChatLock> =>
  ofOwner(await lockChat(tx, chatId), owner);

/** Reads the owner's chat without a lock. Throws `ChatRefused` when the owner has no such chat. */
export const readOwnChat = async (tx: Tx, owner: string, chatId: string): Promise<ChatLock> =>
  ofOwner(await readUnlocked(tx, chatId), owner);

function ofOwner(chat: ChatLock | null, owner: string): ChatLock {
  if (!chat || chat.owner !== owner) throw new ChatRefused('chat_not_found');
  return chat;
}

/** Locks the owner's chat before a client's event is appended. Throws `ChatRefused` also when the chat is full. */
export async function lockChatUnlessFull(tx: Tx, owner: string, chatId: string): Promise<ChatLock> {
  const chat = await lockOwnChat(tx, owner, chatId);
  if (isChatFull(chat)) throw new ChatRefused('chat_full');
  return chat;
}

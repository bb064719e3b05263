import { readChatSeq } from '../../db/chats/chats.js';
import type { Db } from '../../db/core/pool.js';
import { orProblem } from './problem.js';

/** Throws `chat_not_found` unless the owner has the chat. */
export async function mustOwnChat(db: Db, owner: string, chatId: string): Promise<void> {
  orProblem(await readChatSeq(db, owner, chatId), 'chat_not_found');
}

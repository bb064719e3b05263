import { readChat } from '../../../db/chats/chats.js';
import type { Pool } from '../../../db/core/pool.js';
import { type ReplyState, readReplyState } from '../../../db/dialects/replyState.js';

/** The turn of a chat whose reply is not over, and its state; null while the chat is idle. */
export async function readRunningTurn(
  pool: Pool,
  owner: string,
  chatId: string,
): Promise<{ turnId: string; state: ReplyState } | null> {
  const chat = await readChat(pool, owner, chatId);
  for (const turnId of chat ? [chat.activeTurnId, ...chat.queue] : []) {
    const state = turnId && (await readReplyState(pool, turnId));
    if (turnId && state && state.state !== 'over') return { turnId, state };
  }
  return null;
}

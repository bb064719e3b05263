import { readChat } from '../../../db/chats/chats.js';
import type { Pool } from '../../../db/core/pool.js';
import { type ReplyState, readReplyState } from '../../../db/dialects/replyState.js';
import { markStop } from '../../../db/turns/stop.js';
import type { TurnStopper } from '../../turns/turnStopper.js';

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

/**
 * Stops the turn whose reply a client of the chat reads. That need not be the one that holds the floor: follow-ups of an
 * earlier turn, which the client does not see, run on.
 */
export async function stopRunningTurn(
  { pool, stopTurn }: { pool: Pool; stopTurn: TurnStopper },
  owner: string,
  chatId: string,
): Promise<void> {
  const running = await readRunningTurn(pool, owner, chatId);
  const { stopping } = running ? await markStop(pool, { turnId: running.turnId, owner }) : { stopping: null };
  if (stopping) stopTurn(stopping);
}

import { decideStop } from '../../domain/turns/decideStop.js';
import type { StopMark } from '../../domain/turns/turn.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { lockChat } from '../timeline/log.js';
import { endTurn } from './endTurn.js';
import { storeStop } from './floor.js';
import { readTurnRow, type TurnRow } from './turnRow.js';

export type Stopped = {
  found: boolean;
  /** The running turn whose stream and workflow the caller must stop, if there is one. */
  stopping: string | null;
};

/**
 * Marks a turn, or the turn that holds a chat's floor, to be stopped. The mark guarantees the stop: every attempt and
 * checkpoint reads it, even if the signal is lost. A queued turn is cancelled at once. A turn that has ended is not
 * changed. May be repeated.
 */
export async function markStop(
  pool: Pool,
  target: { turnId: string; owner: string } | { chatId: string; owner: string },
  mark: StopMark = 'cancel',
): Promise<Stopped> {
  return transaction(pool, async (tx) => {
    const chatId = 'chatId' in target ? target.chatId : await chatOf(tx, target.turnId);
    const chat = chatId ? await lockChat(tx, chatId) : null;
    if (!chat || chat.owner !== target.owner) return { found: false, stopping: null };
    const turnId = 'turnId' in target ? target.turnId : chat.activeTurnId;
    const turn = turnId ? await readTurnRow(tx, turnId) : null;
    return { found: true, stopping: turn && (await stopTurn(tx, turn, mark)) };
  });
}

/** Carries out the stop. Returns the turn's id if it runs and is now marked. */
async function stopTurn(tx: Tx, turn: TurnRow, mark: StopMark): Promise<string | null> {
  const decision = decideStop({ mark }, turn);
  switch (decision.action) {
    case 'nothing':
      return null;
    case 'cancel':
      await endTurn(tx, turn, { status: 'cancelled', step: 'finish' });
      return null;
    case 'mark':
      await storeStop(tx, turn.id, decision.mark);
      return turn.id;
  }
}

async function chatOf(tx: Tx, turnId: string): Promise<string | null> {
  const { rows } = await tx.query<{ chat_id: string }>('select chat_id from turns where id = $1', [turnId]);
  return rows[0]?.chat_id ?? null;
}

import type { HeldTurn } from '../../domain/turns/decideFinish.js';
import type { Tx } from '../core/pool.js';
import { type ChatLock, lockChatOfTurn } from '../timeline/log.js';
import { readTurnRow, type TurnRow } from './turnRow.js';

export type LockedTurn = { chat: ChatLock; turn: TurnRow };

/** Locks the turn's chat and reads the turn under the lock. Null when there is no such turn. */
export async function lockTurn(tx: Tx, turnId: string): Promise<LockedTurn | null> {
  const [chat, turn] = await Promise.all([lockChatOfTurn(tx, turnId), readTurnRow(tx, turnId)]);
  return chat && turn ? { chat, turn } : null;
}

/** The state of a locked turn that the rules of the floor need. */
export const toHeldTurn = ({ chat, turn }: LockedTurn): HeldTurn => ({
  turnId: turn.id,
  status: turn.status,
  activeTurnId: chat.activeTurnId,
});

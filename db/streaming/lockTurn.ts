import type { Tx } from '../core/pool.js';
import { lockChatOfTurn } from '../timeline/log.js';
import { readTurnRow } from '../turns/stop.js';

/** Numbers of the events of a reply's step. */
export const STARTED = 0;
export const LANDED = 1;

/** Locks the turn's chat and reads the turn under the lock. */
export async function lockTurn(tx: Tx, turnId: string) {
  const [chat, turn] = await Promise.all([lockChatOfTurn(tx, turnId), readTurnRow(tx, turnId)]);
  return chat && turn ? { chat, turn } : null;
}

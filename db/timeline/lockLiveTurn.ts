import { hasEnded } from '../../domain/turns/hasEnded.js';
import type { Tx } from '../core/pool.js';
import { lockTurn } from '../turns/lockTurn.js';
import type { TurnRow } from '../turns/turnRow.js';

/**
 * Holds a turn that may still be appended to: not ended, not about to be rolled back, and nothing of it has left the timeline. Null
 * otherwise, so that a late answer, a reset workflow or a zombie changes nothing.
 */
export async function lockLiveTurn(tx: Tx, turnId: string): Promise<TurnRow | null> {
  const held = await lockTurn(tx, turnId);
  if (!held || hasEnded(held.turn) || held.turn.stop === 'rollback') return null;
  const { rows } = await tx.query(
    `select 1 from events where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn'
       and (hidden_by is not null or superseded_by is not null) limit 1`,
    [held.turn.chatId, turnId],
  );
  return rows.length > 0 ? null : held.turn;
}

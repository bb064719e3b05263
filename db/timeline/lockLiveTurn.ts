import { hasEnded } from '../../domain/turns/endStatus.js';
import type { Tx } from '../core/pool.js';
import { lockTurn } from '../turns/lockTurn.js';
import type { TurnRow } from '../turns/turnRow.js';

/**
 * Locks the chat of a turn that may still be appended to: it has not ended, is not to be rolled back, and none of its
 * replies has left the timeline. Null otherwise, so that a late answer, a reset workflow or a zombie changes nothing.
 */
export async function lockLiveTurn(tx: Tx, turnId: string): Promise<TurnRow | null> {
  const [locked, left] = await Promise.all([
    lockTurn(tx, turnId),
    tx.query(
      `select 1 from events where chat_id = (select chat_id from turns where id = $1) and turn_id = $1
         and kind = 'assistant_turn' and (hidden_by is not null or superseded_by is not null) limit 1`,
      [turnId],
    ),
  ]);
  if (!locked || hasEnded(locked.turn) || locked.turn.stop === 'rollback') return null;
  return left.rows.length > 0 ? null : locked.turn;
}

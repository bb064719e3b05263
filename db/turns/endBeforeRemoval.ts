import type { NewEvent } from '../../domain/log/events.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import type { Tx } from '../core/pool.js';
import { appendEvents } from '../timeline/log.js';
import { endTurn } from './endTurn.js';
import type { TurnRow } from './turnRow.js';

/**
 * Ends a turn that waits for an operator before it is hidden or superseded. Its stuck steps are skipped. Call it before
 * the event that hides the turn is appended, so that the events of its end are hidden too. False when the turn has
 * ended already.
 */
export async function endBeforeRemoval(tx: Tx, turn: TurnRow, warning: 'rewound' | 'superseded'): Promise<boolean> {
  if (hasEnded(turn)) return false;
  const { rows } = await tx.query<{ step: string }>(
    `update turn_steps set status = 'skipped', updated_at = now()
     where turn_id = $1 and status not in ('done', 'skipped') returning name as step`,
    [turn.id],
  );
  const skipped = rows.map(({ step }): NewEvent => ({ kind: 'step_skipped', data: { step } }));
  if (skipped.length > 0) await appendEvents(tx, { chatId: turn.chatId, turnId: turn.id, step: 'leave' }, skipped);
  await endTurn(tx, turn, { status: 'completed', step: 'finish', warnings: [...turn.warnings, warning] });
  return true;
}

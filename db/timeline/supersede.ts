import type { NewEvent } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';
import { endBeforeRemoval } from '../turns/endBeforeRemoval.js';
import type { TurnRow } from '../turns/turnRow.js';
import { readTurnRow } from '../turns/turnRow.js';
import { appendEvents } from './log.js';
import { applyMark, type Marking } from './marks.js';

/**
 * Appends that a turn's reply supersedes the version that it regenerates, right before that reply is appended and in the
 * same transaction: the old beats leave the timeline when the new one lands.
 */
export async function supersede(tx: Tx, turn: TurnRow): Promise<void> {
  const replaced = turn.regenerates && (await readTurnRow(tx, turn.regenerates));
  if (!replaced) throw new Error(`turn ${turn.id} replaces no version`);
  await endBeforeRemoval(tx, replaced, 'superseded');
  const cause = { chatId: turn.chatId, turnId: turn.id, step: 'supersede' };
  if (turn.editText !== null) {
    const edit: NewEvent = { kind: 'user_turn_edit', data: { userTurnSeq: turn.userTurnSeq, text: turn.editText } };
    await appendEvents(tx, cause, [edit], EDITED);
  }
  const superseded: NewEvent = { kind: 'turn_superseded', data: { turnId: replaced.id, by: turn.id } };
  const [mark] = await appendEvents(tx, cause, [superseded], SUPERSEDED);
  await applyMark(tx, turn.chatId, mark as Marking);
}

/** Numbers of the events of the step. */
const EDITED = 0;
const SUPERSEDED = 1;

import { isFloorTaken } from '../../domain/turns/floor.js';
import { lockOwnChat } from '../chats/lockOwnChat.js';
import { type Pool, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { readFloor } from '../turns/floor.js';
import { readTurnRow } from '../turns/turnRow.js';
import { appendEvents, findEffect } from './log.js';
import { applyMark, type Marking } from './marks/marks.js';

const STEP = 'remove';

/**
 * Takes a turn that has ended out of the timeline, with all that followed from it, wherever it stands. What other turns
 * said stays. Removing it again changes nothing. Throws `ChatRefused`: `turn_in_progress` while a turn of the chat runs or
 * waits.
 */
export async function removeTurn(pool: Pool, { owner, turnId }: { owner: string; turnId: string }): Promise<void> {
  await transaction(pool, async (tx) => {
    const turn = await readTurnRow(tx, turnId);
    if (!turn || turn.owner !== owner) throw new ChatRefused('turn_not_found');
    const [chat, floor] = await Promise.all([lockOwnChat(tx, owner, turn.chatId), readFloor(tx, turn.chatId)]);
    if (isFloorTaken(chat, floor)) throw new ChatRefused('turn_in_progress');
    if (await findEffect(tx, turnId, STEP, 0)) return;
    const cause = { chatId: turn.chatId, turnId, step: STEP };
    const [mark] = await appendEvents(tx, cause, [{ kind: 'turn_rolled_back', data: { turnId } }]);
    await applyMark(tx, turn.chatId, mark as Marking);
    await tx.query('delete from dialect_responses where turn_id = $1', [turnId]);
  });
}

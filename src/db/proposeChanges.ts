import { parseChangeBlocks } from '../domain/changeBlocks.js';
import { newId } from './ids.js';
import { appendEvents, findEffect } from './log.js';
import { type Pool, transaction } from './pool.js';
import { holdLiveTurn } from './timelineCheck.js';

const STEP = 'propose_changes';

/**
 * Appends which changes a turn's landed reply proposes, once, also when there are none. A reply that was cut short
 * proposes what it had said in whole.
 */
export async function proposeChanges(pool: Pool, turnId: string): Promise<void> {
  await transaction(pool, async (tx) => {
    const turn = await holdLiveTurn(tx, turnId);
    if (!turn || (await findEffect(tx, turnId, STEP, 0))) return;
    const { rows } = await tx.query<{ seq: number; text: string }>(
      `select seq, data->>'text' as text from events
       where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn' order by seq limit 1`,
      [turn.chatId, turnId],
    );
    const reply = rows[0];
    if (!reply) return;
    const changeIds = parseChangeBlocks(reply.text).map(() => newId('chg'));
    const data = { messageSeq: reply.seq, changeIds, count: changeIds.length };
    await appendEvents(tx, { chatId: turn.chatId, turnId, step: STEP }, [{ kind: 'changes_proposed', data }]);
  });
}

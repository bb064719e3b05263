import { parseChangeBlocks, rulesOf } from '../../domain/documents/changeBlocks.js';
import { MAX_CHANGES_OF_REPLY, MAX_PENDING_CHANGES } from '../../domain/documents/changes.js';
import { isEmptyBody } from '../../domain/documents/places.js';
import type { NewEvent } from '../../domain/log/events.js';
import { newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, findEffect } from '../timeline/log.js';
import { readTextOfChat } from './documents.js';

const STEP = 'propose_changes';

const leftOut = (count: number): string =>
  `Only the first ${count} changes of this reply were taken: a reply may propose ${MAX_CHANGES_OF_REPLY}, and a document may have ${MAX_PENDING_CHANGES} pending ones. Accept or decline some and ask again.`;

/**
 * How many more changes of a chat's document may become pending. Two chats that propose at the same time can exceed the
 * limit by the changes of one reply.
 */
export async function remainingChanges(tx: Tx, chatId: string): Promise<number> {
  const { rows } = await tx.query<{ pending: number }>(
    `select count(*)::integer as pending from (
       select from changes c join chats on chats.id = c.chat_id
       where c.document_id = (select document_id from chats where id = $1) and c.state = 'pending' limit $2) as waiting`,
    [chatId, MAX_PENDING_CHANGES],
  );
  return MAX_PENDING_CHANGES - rows[0]!.pending;
}

/**
 * Appends `changes_proposed` for a turn's landed reply, once, also when it proposes none. Of a truncated reply only
 * complete change blocks count. Changes beyond the limits are left out, and a system message says so.
 */
export async function proposeChanges(pool: Pool, turnId: string): Promise<void> {
  await transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, turnId);
    if (!turn || (await findEffect(tx, turnId, STEP, 0))) return;
    const { rows } = await tx.query<{ seq: number; text: string }>(
      `select seq, data->>'text' as text from events
       where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn' order by seq limit 1`,
      [turn.chatId, turnId],
    );
    const reply = rows[0];
    if (!reply) return;
    const document = await readTextOfChat(tx, turn.chatId);
    const rules = rulesOf(reply.text, document !== null && isEmptyBody(document.body));
    const blocks = parseChangeBlocks(reply.text, rules, MAX_CHANGES_OF_REPLY + 1).length;
    const count = blocks === 0 ? 0 : Math.min(blocks, MAX_CHANGES_OF_REPLY, await remainingChanges(tx, turn.chatId));
    const changeIds = Array.from({ length: count }, () => newId('chg'));
    const data = { messageSeq: reply.seq, changeIds, count, ...rules };
    const events: NewEvent[] = [{ kind: 'changes_proposed', data }];
    if (blocks > count) events.push({ kind: 'system_message', data: { text: leftOut(count) } });
    await appendEvents(tx, { chatId: turn.chatId, turnId, step: STEP }, events);
  });
}

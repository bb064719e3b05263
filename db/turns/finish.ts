import type { ChatKind } from '../../domain/turns/turn.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { lockTurn } from '../streaming/lockTurn.js';
import { speakerName, toStart } from './claim.js';
import { type Ending, endTurn } from './endTurn.js';
import { readTurnRow } from './stop.js';
import { hasEnded, type StartTurn, type TurnRow, turnColumns } from './turnRow.js';

/**
 * Ends the turn and hands the floor to the next in the queue. Says whose workflow to start. Running it again
 * changes nothing and names the same successor while that one has not been opened yet.
 */
export async function finishTurn(
  pool: Pool,
  turnId: string,
  ending: Omit<Ending, 'step'>,
): Promise<{ next: StartTurn | null }> {
  return transaction(pool, async (tx) => {
    const held = await lockTurn(tx, turnId);
    if (!held) return { next: null };
    const { chat, turn } = held;
    if (!hasEnded(turn)) await endTurn(tx, turn, { ...ending, step: 'finish' });
    const holder = chat.activeTurnId === turnId ? await passFloor(tx, turn) : await unopened(tx, chat.activeTurnId);
    return { next: holder ? toStart(holder, await speakerName(tx, chat.id)) : null };
  });
}

/**
 * Gives the floor of a turn's chat to the head of the queue, or frees it. The next one is started where this one
 * was: in the same Temporal namespace. The caller holds the chat's lock.
 */
export async function passFloor(tx: Tx, from: Pick<TurnRow, 'chatId' | 'namespaceId'>): Promise<TurnRow | null> {
  const { rows } = await tx.query<TurnRow & { kind: ChatKind }>(
    `with head as (
       select id from turns where chat_id = $1 and status = 'queued' order by rank limit 1
     ), t as (
       update turns set status = 'running', started_at = now(), namespace_id = $2 where id in (select id from head) returning *
     ), floor as (
       update chats set active_turn_id = (select id from head) where id = $1
     )
     select ${turnColumns}, pg_notify('turn_status', $1 || ':' || t.id) from t`,
    [from.chatId, from.namespaceId],
  );
  return rows[0] ?? null;
}

async function unopened(tx: Tx, turnId: string | null): Promise<TurnRow | null> {
  const turn = turnId ? await readTurnRow(tx, turnId) : null;
  return turn && turn.openedAt === null ? turn : null;
}

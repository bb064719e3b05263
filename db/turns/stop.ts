import type { StopMark } from '../../domain/turns/turn.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { lockChat } from '../timeline/log.js';
import { endTurn } from './endTurn.js';
import { hasEnded, type TurnRow, turnColumns } from './turnRow.js';

export type Stopped = {
  found: boolean;
  /** The running turn whose stream and workflow are to be told, if there is one. */
  stopping: string | null;
};

/**
 * Marks a turn to be stopped; the mark is what makes a stop sure. A queued turn ends here and now. A turn
 * that has ended is left as it is. Any number of times.
 */
export async function markStop(
  pool: Pool,
  target: { turnId: string; owner: string } | { chatId: string; owner: string },
  mark: StopMark = 'cancel',
): Promise<Stopped> {
  return transaction(pool, async (tx) => {
    const chatId = 'chatId' in target ? target.chatId : await chatOf(tx, target.turnId);
    const chat = chatId ? await lockChat(tx, chatId) : null;
    if (!chat || chat.owner !== target.owner) return { found: false, stopping: null };
    const turnId = 'turnId' in target ? target.turnId : chat.activeTurnId;
    const turn = turnId ? await readTurnRow(tx, turnId) : null;
    if (!turn || hasEnded(turn)) return { found: true, stopping: null };
    if (turn.status === 'queued') {
      await endTurn(tx, turn, { status: 'cancelled', step: 'finish' });
      return { found: true, stopping: null };
    }
    await setStop(tx, turn.id, mark);
    return { found: true, stopping: turn.id };
  });
}

/** Sets the mark; a rollback outdoes the other two, which mean the same to the turn itself. */
export async function setStop(tx: Tx, turnId: string, mark: StopMark): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update turns set stop = case when stop = 'rollback' or ($2 <> 'rollback' and stop is not null) then stop else $2 end
     where id = $1 and status in ('running', 'awaiting_operator')`,
    [turnId, mark],
  );
  return rowCount === 1;
}

async function chatOf(tx: Tx, turnId: string): Promise<string | null> {
  const { rows } = await tx.query<{ chat_id: string }>('select chat_id from turns where id = $1', [turnId]);
  return rows[0]?.chat_id ?? null;
}

export async function readTurnRow(tx: Pick<Tx, 'query'>, turnId: string): Promise<TurnRow | null> {
  const { rows } = await tx.query<TurnRow>(`select ${turnColumns} from turns t where t.id = $1`, [turnId]);
  return rows[0] ?? null;
}

import type { FailureCode } from '../../domain/log/failures.js';
import { decideClose, errorOfClosed } from '../../domain/turns/decideEnd.js';
import { decideCloseLost } from '../../domain/turns/decideReconcile.js';
import type { OpenTurn } from '../../domain/turns/reconcile.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { closeInTransaction } from '../streaming/landReply.js';
import { endTurn } from '../turns/endTurn.js';
import { passFloor } from '../turns/floor.js';
import { type LockedTurn, lockTurn } from '../turns/lockTurn.js';
import { type TurnRow, toStart, turnColumns } from '../turns/turnRow.js';

/** A turn that has not ended, and what starting its workflow needs. */
export type Unfinished = OpenTurn & { start: StartTurn };

/**
 * Reads turns that were started at least `olderThanMs` ago and have not ended, oldest first. `after` is a turn's id.
 */
export async function readUnfinished(
  db: Db,
  filter: { olderThanMs: number; limit: number; after?: string; turnId?: string },
): Promise<Unfinished[]> {
  const { rows } = await db.query<TurnRow & { speaker: string | null; holdsFloor: boolean }>(
    `select ${turnColumns}, c.name as speaker, coalesce(ch.active_turn_id = t.id, false) as "holdsFloor"
     from turns t join chats ch on ch.id = t.chat_id left join characters c on c.id = ch.host_id
     where t.status in ('running', 'awaiting_operator')
       and ($4::text is null or t.id = $4)
       and coalesce(t.started_at, t.created_at) <= now() - make_interval(secs => $1::double precision / 1000)
       and ($3::text is null or t.id > $3)
     order by t.id limit $2`,
    [filter.olderThanMs, filter.limit, filter.after ?? null, filter.turnId ?? null],
  );
  return rows.map((row) => ({
    start: toStart(row, row.speaker),
    opened: row.openedAt !== null,
    holdsFloor: row.holdsFloor,
    failingSince: row.failingSince,
  }));
}

export async function countUnfinished(db: Db): Promise<number> {
  const { rows } = await db.query<{ turns: number }>(
    "select count(*) as turns from turns where status in ('running', 'awaiting_operator')",
    [],
  );
  return rows[0]?.turns ?? 0;
}

/**
 * Closes a turn whose workflow is lost: appends the partial text, ends the turn and passes the floor. Uses the keys of
 * the workflow's own steps, so that each effect happens once. `next` is the turn whose workflow the caller must start.
 */
export async function closeLostTurn(
  pool: Pool,
  turnId: string,
  closing: Closing,
): Promise<{ closed: boolean; next: StartTurn | null }> {
  return transaction(pool, async (tx) => {
    const locked = await lockTurn(tx, turnId);
    if (!locked) return { closed: false, next: null };
    const { action } = decideCloseLost(locked.turn);
    switch (action) {
      case 'nothing':
        return { closed: false, next: null };
      case 'close':
        return { closed: true, next: await closeTurnInTransaction(tx, locked, closing) };
    }
  });
}

/** Why a turn is closed, and the model that its replies name. */
type Closing = { code: FailureCode; model: string };

/**
 * Closes the turn. Returns the turn that gets the floor, if the closed one had it. The caller holds the chat's lock.
 */
export async function closeTurnInTransaction(
  tx: Tx,
  { turn, chat }: LockedTurn,
  closing: Closing,
): Promise<StartTurn | null> {
  const replies = await closeReplies(tx, turn, closing);
  await endTurn(tx, turn, { ...decideClose(closing, { stop: turn.stop, replies }), step: 'finish' });
  return chat.activeTurnId === turn.id ? passFloor(tx, turn) : null;
}

/**
 * Closes the turn's replies with their checkpointed text, in place of their attempts. Landed replies stay as they are.
 */
export async function closeReplies(tx: Tx, turn: TurnRow, { code, model }: Closing): Promise<ReplyVerdict[]> {
  const { rows } = await tx.query<{ beat: number }>('select beat from drafts where turn_id = $1 order by beat', [
    turn.id,
  ]);
  const error = errorOfClosed(turn.stop, code);
  const verdicts: ReplyVerdict[] = [];
  for (const { beat } of rows) {
    verdicts.push(await closeInTransaction(tx, turn, { turnId: turn.id, beat }, { model, error }));
  }
  return verdicts;
}

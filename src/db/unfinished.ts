import { type FailureCode, toPublicError } from '../domain/failures.js';
import type { ReplyVerdict } from '../domain/verdict.js';
import { speakerName, toStart } from './claim.js';
import { endTurn } from './endTurn.js';
import { passFloor } from './finish.js';
import { holdTurn } from './holdTurn.js';
import { closeInTransaction } from './landReply.js';
import { type Db, type Pool, transaction } from './pool.js';
import { hasEnded, type StartTurn, type TurnRow, turnColumns } from './turnRow.js';

export type Unfinished = { start: StartTurn; opened: boolean; stop: boolean };

/** Turns that have had the floor for `olderThanMs` or longer and have not ended, oldest first. */
export async function readUnfinished(
  db: Db,
  filter: { olderThanMs: number; limit: number; after?: string; turnId?: string },
): Promise<Unfinished[]> {
  const { rows } = await db.query<TurnRow & { speaker: string | null }>(
    `select ${turnColumns}, c.name as speaker
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
    stop: row.stop !== null,
  }));
}

/**
 * Ends a turn whose workflow is no more, under the keys of the steps that it stands in for: keeps the partial
 * text, ends the turn and passes the floor on. Says whose workflow to start.
 */
export async function closeLostTurn(
  pool: Pool,
  turnId: string,
  how: { code: FailureCode; model: string },
): Promise<{ closed: boolean; next: StartTurn | null }> {
  return transaction(pool, async (tx) => {
    const held = await holdTurn(tx, turnId);
    if (!held || hasEnded(held.turn) || held.turn.status === 'queued') return { closed: false, next: null };
    const { turn, chat } = held;
    const error = turn.stop ? undefined : toPublicError(how.code);
    const { rows } = await tx.query<{ beat: number }>('select beat from drafts where turn_id = $1 order by beat', [
      turnId,
    ]);
    const verdicts: ReplyVerdict[] = [];
    for (const { beat } of rows) {
      verdicts.push(await closeInTransaction(tx, turn, { turnId, beat }, { model: how.model, error }));
    }
    const whole = verdicts.length > 0 && verdicts.every((verdict) => verdict.landed && !verdict.truncated);
    const status = whole ? 'completed' : turn.stop ? 'cancelled' : 'failed';
    await endTurn(tx, turn, { status, step: 'finish', error: status === 'failed' ? error : undefined });
    const next = chat.activeTurnId === turnId ? await passFloor(tx, chat.id) : null;
    return { closed: true, next: next ? toStart(next, await speakerName(tx, chat.id)) : null };
  });
}

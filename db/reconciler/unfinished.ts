import { type FailureCode, toPublicError } from '../../domain/log/failures.js';
import type { OpenTurn } from '../../domain/turns/reconcile.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { closeInTransaction } from '../streaming/landReply.js';
import { lockTurn } from '../streaming/lockTurn.js';
import { speakerName, toStart } from '../turns/claim.js';
import { endTurn } from '../turns/endTurn.js';
import { passFloor } from '../turns/finish.js';
import { hasEnded, type StartTurn, type TurnRow, turnColumns } from '../turns/turnRow.js';

export type Unfinished = OpenTurn & { start: StartTurn };

/** Turns that have been started for `olderThanMs` or longer and have not ended, oldest first. */
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
    const held = await lockTurn(tx, turnId);
    if (!held || hasEnded(held.turn) || held.turn.status === 'queued') return { closed: false, next: null };
    return { closed: true, next: await endLost(tx, held, how) };
  });
}

type Held = NonNullable<Awaited<ReturnType<typeof lockTurn>>>;
type How = { code: FailureCode; model: string };

/** Ends the turn in the caller's transaction. Says who has the floor next, if it had it. */
export async function endLost(tx: Tx, { turn, chat }: Held, how: How): Promise<StartTurn | null> {
  const verdicts = await closeReplies(tx, turn, how);
  const whole = verdicts.length > 0 && verdicts.every((verdict) => verdict.landed && !verdict.truncated);
  const error = errorOf(turn, how);
  const status = whole ? 'completed' : error ? 'failed' : 'cancelled';
  await endTurn(tx, turn, { status, step: 'finish', error: status === 'failed' ? error : undefined });
  const next = chat.activeTurnId === turn.id ? await passFloor(tx, turn) : null;
  return next ? toStart(next, await speakerName(tx, chat.id)) : null;
}

/** Closes the turn's replies with the text that they have, in the place of their attempts. What has landed stays. */
export async function closeReplies(tx: Tx, turn: TurnRow, how: How): Promise<ReplyVerdict[]> {
  const { rows } = await tx.query<{ beat: number }>('select beat from drafts where turn_id = $1 order by beat', [
    turn.id,
  ]);
  const verdicts: ReplyVerdict[] = [];
  for (const { beat } of rows) {
    const closing = { model: how.model, error: errorOf(turn, how) };
    verdicts.push(await closeInTransaction(tx, turn, { turnId: turn.id, beat }, closing));
  }
  return verdicts;
}

/** A turn that was to be stopped did not fail. */
const errorOf = ({ stop }: TurnRow, { code }: How) =>
  stop === null || stop === 'failing' ? toPublicError(code) : undefined;

import { type FailureCode, NO_FINISH_REASON, toPublicError } from '../../domain/log/failures.js';
import type { StepView } from '../../domain/log/frames.js';
import type { ErrorDetail, PublicError, StepStatus } from '../../domain/turns/turn.js';
import { reportCommitted } from '../core/committed.js';
import { notifyTurnStatus } from '../core/notify.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { type Failed, jsonOf } from '../streaming/draftFailures.js';
import type { AskedModel } from '../streaming/modelCalls.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, findEffect } from '../timeline/log.js';
import type { TurnRow } from './turnRow.js';

export type StepKey = { turnId: string; name: string };

/**
 * `verdict` is set when the step is done. A repeated attempt returns it without doing the work. `endedWithoutReason`:
 * whether the last failure was an answer that ended in order, without a finish reason.
 */
export type BegunStep = {
  attempt: number;
  endedWithoutReason: boolean;
} /** `skipped`: an earlier attempt of this round has given the step up. */ & (
  | { done: false; skipped: boolean }
  | { done: true; verdict: unknown }
);

/**
 * Begins an attempt at a step. In a higher `round`, which an operator's retry begins, the provider's failures count
 * from 0 again. `asks` is the model call that the attempt is about to make; the same statement records it.
 */
export async function beginStep(
  pool: Pool,
  key: StepKey,
  round: number,
  asks: AskedModel | null = null,
): Promise<BegunStep> {
  const { rows } = await pool.query<{
    attempts: number;
    status: StepStatus;
    verdict: unknown;
    errorCode: string | null;
    chatId: string;
  }>(
    `with s as (
       insert into turn_steps as s (turn_id, name, status, attempts, round) values ($1, $2, 'running', 1, $3)
       on conflict (turn_id, name) do update set
         attempts = s.attempts + case when s.status = 'done' then 0 else 1 end,
         status = case when s.status = 'done' or (s.status = 'skipped' and s.round = $3) then s.status when s.failures > 0 and s.round = $3 then 'retrying' else 'running' end,
         failures = case when s.round < $3 then 0 else s.failures end,
         round = greatest(s.round, $3), updated_at = now()
       returning attempts, status, verdict, error_detail ->> 'code' as "errorCode"
     ), asked as (
       insert into model_calls (turn_id, step, attempt, model, prompt_tokens)
       select $1, $2, attempts, $4, $5 from s where status not in ('done', 'skipped') and $4::text is not null
       on conflict do nothing
     )
     select s.*, t.chat_id as "chatId" from s, turns t where t.id = $1`,
    [key.turnId, key.name, round, asks?.model ?? null, asks?.promptTokens ?? null],
  );
  const step = rows[0]!;
  notifyTurnStatus(pool, step.chatId, key.turnId);
  const begun = { attempt: step.attempts, endedWithoutReason: step.errorCode === NO_FINISH_REASON };
  if (step.status === 'done') return { ...begun, done: true, verdict: step.verdict };
  return { ...begun, done: false, skipped: step.status === 'skipped' };
}

/** Counts a failure of the provider. Returns the count of this round, or 0 when the step is done. */
export async function failStep(db: Db, key: StepKey, failure: Failed): Promise<number> {
  const { rows } = await db.query<{ failures: number }>(
    `update turn_steps set failures = failures + 1, last_error = $3, error_detail = $4, status = 'retrying',
       updated_at = now()
     where turn_id = $1 and name = $2 and status <> 'done' returning failures`,
    [key.turnId, key.name, failure.code, jsonOf(failure.detail)],
  );
  return rows[0]?.failures ?? 0;
}

/** Gives a step up after its last failure, where the turn goes on without it: no later attempt of the round does it. */
export async function giveUpStep(pool: Pool, { turnId, name }: StepKey): Promise<void> {
  const { rows } = await pool.query<{ chatId: string }>(
    `with s as (
       update turn_steps set status = 'skipped', updated_at = now()
       where turn_id = $1 and name = $2 and status <> 'done' returning turn_id
     ) select t.chat_id as "chatId" from s join turns t on t.id = s.turn_id`,
    [turnId, name],
  );
  if (rows[0]) notifyTurnStatus(pool, rows[0].chatId, turnId);
}

/** Sets the status and verdict of a step, in the transaction of its effect. */
export async function settleStep(tx: Tx, turn: TurnRow, name: string, status: StepStatus, verdict: unknown = null) {
  await tx.query(
    `insert into turn_steps as s (turn_id, name, status, attempts, verdict) values ($1, $2, $3, 1, $4)
     on conflict (turn_id, name) do update set status = $3, verdict = $4, updated_at = now()`,
    [turn.id, name, status, verdict === null ? null : JSON.stringify(verdict)],
  );
  notifyTurnStatus(tx, turn.chatId, turn.id);
}

/** Appends `step_stuck`, once per round. False when nothing may be appended to the turn (`lockLiveTurn`). */
export function markStuck(pool: Pool, key: StepKey, round: number, code: FailureCode): Promise<boolean> {
  return mark(pool, key, `stuck:${key.name}`, round, async (tx, turn, cause) => {
    const detail = await readDetail(tx, key, code);
    const error = toPublicError(code, detail);
    await appendEvents(tx, cause, [{ kind: 'step_stuck', data: { step: key.name, error } }], round);
    await settleStep(tx, turn, key.name, 'stuck');
    await tx.query('update turn_steps set last_error = $3, error_detail = $4 where turn_id = $1 and name = $2', [
      key.turnId,
      key.name,
      code,
      jsonOf(detail),
    ]);
    const { id: turnId, chatId, kind } = turn;
    reportCommitted(tx, { what: 'step_stuck', turnId, chatId, kind, step: key.name, code });
  });
}

/** The provider's codes of a step's failure, from the step's own row or from the draft of the reply. */
async function readDetail(tx: Tx, key: StepKey, code: FailureCode): Promise<ErrorDetail | null> {
  const { rows } = await tx.query<{ detail: ErrorDetail }>(
    `select error_detail as detail from turn_steps where turn_id = $1 and name = $2 and last_error = $3
     union all
     select error_detail from drafts where turn_id = $1 and last_error = $3 and $2 like 'reply:%'`,
    [key.turnId, key.name, code],
  );
  return rows.find(({ detail }) => detail)?.detail ?? null;
}

/** Appends `step_skipped`, once. False when nothing may be appended to the turn (`lockLiveTurn`). */
export function markSkipped(pool: Pool, key: StepKey): Promise<boolean> {
  return mark(pool, key, `skip:${key.name}`, 0, async (tx, turn, cause) => {
    await appendEvents(tx, cause, [{ kind: 'step_skipped', data: { step: key.name } }]);
    await settleStep(tx, turn, key.name, 'skipped');
  });
}

type Cause = { chatId: string; turnId: string; step: string };

async function mark(
  pool: Pool,
  key: StepKey,
  step: string,
  n: number,
  append: (tx: Tx, turn: TurnRow, cause: Cause) => Promise<void>,
): Promise<boolean> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    if (!turn) return false;
    const cause = { chatId: turn.chatId, turnId: key.turnId, step };
    if (!(await findEffect(tx, key.turnId, step, n))) await append(tx, turn, cause);
    return true;
  });
}

export type StepRow = Pick<StepView, 'name' | 'status' | 'attempts'> & LastError;

/** `StepRow`s of the turn `t` as JSON, in the order in which they began. */
export const stepRowsColumn = `(select coalesce(jsonb_agg(jsonb_build_object('name', name, 'status', s.status,
    'attempts', attempts, 'code', last_error, 'detail', error_detail) order by position), '[]')
  from turn_steps s where turn_id = t.id)`;

/** The steps of a turn, in the order in which they began. */
export async function readSteps(db: Db, turnId: string): Promise<StepView[]> {
  const { rows } = await db.query<{ steps: StepRow[] }>(
    `select ${stepRowsColumn} as steps from (select $1::text as id) t`,
    [turnId],
  );
  return rows[0]!.steps.map(toStepView);
}

export const toStepView = ({ code, detail, ...step }: StepRow): StepView => ({
  ...step,
  ...errorOf(step.status, { code, detail }),
});

type LastError = { code: FailureCode | null; detail: ErrorDetail | null };

function errorOf(status: StepStatus, { code, detail }: LastError): { error?: PublicError } {
  return code && status !== 'done' ? { error: toPublicError(code, detail) } : {};
}

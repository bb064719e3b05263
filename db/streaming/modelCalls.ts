import type { TurnFailure } from '../../domain/log/failures.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { type CallRecord, unknownUsage } from '../../domain/turns/usage.js';
import type { Db, Tx } from '../core/pool.js';

/** The key of a call of a model: the same values as in the id of its request. */
export type ModelCallKey = { turnId: string; step: string; attempt: number };

/** The model of a call, and the estimated tokens of its prompt. */
export type AskedModel = { model: string; promptTokens: number };

const columns = `step, attempt, model, prompt_tokens as "promptTokens", completion_tokens as "completionTokens", epoch,
  continued_epoch as "continuedEpoch", usage, used`;

/** Records a call before its request is sent. The calls of replies and steps are recorded when their attempt begins. */
export async function recordCall(db: Db, { turnId, step, attempt }: ModelCallKey, asked: AskedModel): Promise<void> {
  await db.query(
    `insert into model_calls (turn_id, step, attempt, model, prompt_tokens) values ($1, $2, $3, $4, $5)
     on conflict (turn_id, step, attempt) do update set model = $4, prompt_tokens = $5`,
    [turnId, step, attempt, asked.model, asked.promptTokens],
  );
}

/** Records the usage of a call, and whether its output is used in a reply or an answer. */
export async function settleCall(
  db: Db,
  { turnId, step, attempt }: ModelCallKey,
  { usage, used }: { usage: TokenUsage | null; used: boolean },
): Promise<void> {
  await db.query(
    `update model_calls set usage = coalesce($4, usage), used = used or $5
     where turn_id = $1 and step = $2 and attempt = $3`,
    [turnId, step, attempt, usage && JSON.stringify(usage), used],
  );
}

/** Records the usage of a failed call, if it is known better than by the newest checkpoint. */
export async function settleFailedCall(db: Db, key: ModelCallKey, model: string, failure: TurnFailure): Promise<void> {
  if (failure.spent === 'nothing') return dropCall(db, key);
  const usage = failure.usage ?? (failure.spent === 'call' ? unknownUsage(model) : null);
  if (usage) await settleCall(db, key, { usage, used: false });
}

/** Deletes a call whose request never reached the provider. */
async function dropCall(db: Db, { turnId, step, attempt }: ModelCallKey): Promise<void> {
  await db.query('delete from model_calls where turn_id = $1 and step = $2 and attempt = $3', [turnId, step, attempt]);
}

/** Records that an attempt adopts the stream of the attempt `asked`: deletes its own call, which it does not make. */
export async function adoptCall(db: Db, key: ModelCallKey, beat: number, asked: number): Promise<void> {
  if (asked === key.attempt) return;
  await db.query(
    `with draft as (update drafts set asked_attempt = $5 where turn_id = $1 and beat = $4)
     delete from model_calls where turn_id = $1 and step = $2 and attempt = $3`,
    [key.turnId, key.step, key.attempt, beat, asked],
  );
}

/** The calls of a turn so far, in the order in which they began. */
export async function readModelCalls(db: Db, turnId: string): Promise<CallRecord[]> {
  const { rows } = await db.query<CallRecord>(
    `select ${columns} from model_calls where turn_id = $1 order by position`,
    [turnId],
  );
  return rows;
}

/** Marks calls whose text is used. */
export async function markUsed(tx: Tx, turnId: string, calls: CallRecord[]): Promise<void> {
  await tx.query(
    `update model_calls m set used = true from unnest($2::text[], $3::integer[]) as c(step, attempt)
     where m.turn_id = $1 and m.step = c.step and m.attempt = c.attempt`,
    [turnId, calls.map(({ step }) => step), calls.map(({ attempt }) => attempt)],
  );
}

/**
 * Deletes the calls of a turn that ends, and returns them in the order in which they began. Locks the drafts first, as
 * checkpoints do: another order could deadlock.
 */
export async function takeModelCalls(tx: Tx, turnId: string): Promise<CallRecord[]> {
  const { rows } = await tx.query<CallRecord & { position: number }>(
    `with locked as materialized (
       select 1 from drafts where turn_id = $1 order by beat for no key update
     )
     delete from model_calls where turn_id = $1 and (select count(*) from locked) >= 0 returning ${columns}, position`,
    [turnId],
  );
  return rows.sort((a, b) => a.position - b.position);
}

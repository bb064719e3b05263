import type { NewEvent } from '../domain/events.js';
import { toPublicError } from '../domain/failures.js';
import type { EndStatus, PublicError, TokenUsage } from '../domain/turn.js';
import { addUsage, unknownUsage } from '../domain/usage.js';
import { noteCommitted } from './committed.js';
import { appendEvents } from './log.js';
import { applyMarks } from './marks.js';
import type { Tx } from './pool.js';
import type { TurnRow } from './turnRow.js';

export type Ending = {
  status: EndStatus;
  /** The step that ends it: half of the key under which it ends once. */
  step: string;
  error?: PublicError | undefined;
  warnings?: string[];
};

/**
 * Ends a turn that has not ended: appends `turn_completed`, takes the turn's events out of the timeline if it
 * was to be rolled back, and settles its row. The caller holds the chat's lock and passes the floor on.
 */
export async function endTurn(tx: Tx, turn: TurnRow, ending: Ending): Promise<void> {
  const cause = { chatId: turn.chatId, turnId: turn.id, step: ending.step };
  const usage = addUsage(await readUsage(tx, turn)) ?? (await usageUnheard(tx, turn));
  const warnings = ending.warnings ?? [];
  const rolledBack = turn.stop === 'rollback';
  // It was not stopped by a client: its workflow could not go on, and the floor was passed on.
  const abandoned = turn.stop === 'failing' && ending.status === 'cancelled';
  const status = rolledBack ? 'cancelled' : abandoned ? 'failed' : ending.status;
  const error = abandoned ? toPublicError('workflow_failing') : ending.error;
  const events: NewEvent[] = [
    {
      kind: 'turn_completed',
      data: { status, usage, warnings, tokenUsage: usage, ...(error ? { error } : {}) },
    },
  ];
  if (rolledBack) events.push({ kind: 'turn_rolled_back', data: { turnId: turn.id } });
  await appendEvents(tx, cause, events);
  if (rolledBack || turn.regenerates !== null) await applyMarks(tx, turn.chatId);
  const [{ rows }] = await Promise.all([
    tx.query<Spent>(
      `update turns t set status = $2, phase = 'done', failing_since = null, error = $3, usage = $4, warnings = $5, finished_at = now()
       where t.id = $1
       returning ${spent}`,
      [turn.id, status, json(error), json(usage), JSON.stringify(warnings)],
    ),
    tx.query("update drafts set status = 'closed' where turn_id = $1 and status = 'streaming'", [turn.id]),
    tx.query('delete from draft_chunks where turn_id = $1', [turn.id]),
    tx.query("select pg_notify('turn_status', $1)", [`${turn.chatId}:${turn.id}`]),
  ]);
  noteCommitted(tx, {
    what: 'turn_ended',
    turnId: turn.id,
    chatId: turn.chatId,
    kind: turn.kind,
    status,
    code: error?.code ?? null,
    warnings: warnings.length,
    tokens: usage?.completionTokens ?? null,
    ...rows[0]!,
  });
}

type Spent = { seconds: number; firstTokenSeconds: number | null; attempts: number };

/** Of the turn `t`: by the clock of Postgres alone, whatever those of api and worker say. */
const spent = `extract(epoch from now() - t.created_at)::double precision as seconds,
  (select extract(epoch from min(d.first_token_at) - t.created_at)::double precision
   from drafts d where d.turn_id = t.id) as "firstTokenSeconds",
  (select coalesce(sum(d.attempt), 0)::integer from drafts d where d.turn_id = t.id) as attempts`;

/** Calls of the model that left no reply: that they were made is all that is known. Null when none was. */
async function usageUnheard(tx: Tx, turn: TurnRow): Promise<TokenUsage | null> {
  const { rows } = await tx.query<{ attempts: number | null }>(
    'select sum(attempt)::integer as attempts from drafts where turn_id = $1',
    [turn.id],
  );
  const attempts = rows[0]?.attempts ?? 0;
  return attempts > 0 ? unknownUsage('', attempts) : null;
}

async function readUsage(tx: Tx, turn: TurnRow): Promise<TokenUsage[]> {
  const { rows } = await tx.query<{ usage: TokenUsage }>(
    `select data->'usage' as usage from events
     where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn' and data ? 'usage' order by seq`,
    [turn.chatId, turn.id],
  );
  return rows.map((row) => row.usage);
}

const json = (value: unknown) => (value === undefined || value === null ? null : JSON.stringify(value));

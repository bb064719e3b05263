import type { NewEvent } from '../../domain/log/events.js';
import { decideEnd, type EndCommand } from '../../domain/turns/decideEnd.js';
import type { ErrorDetail, PublicError } from '../../domain/turns/turn.js';
import { usageOfCalls } from '../../domain/turns/usage.js';
import { reportCommitted } from '../core/committed.js';
import { notifyTurnStatus } from '../core/notify.js';
import type { Tx } from '../core/pool.js';
import { takeModelCalls } from '../streaming/modelCalls.js';
import { countToolCalls } from '../streaming/usageOfReply.js';
import { appendEvents } from '../timeline/log.js';
import { applyMark, type Marking } from '../timeline/marks/marks.js';
import type { TurnRow } from './turnRow.js';

/** How a turn ends. */
export type Ending = EndCommand & {
  /** The step that ends the turn. It is part of the key under which the turn ends once. */
  step: string;
  warnings?: string[];
};

/**
 * Ends a turn that has not ended: appends `turn_completed`, hides the turn's events if it is rolled back, and updates
 * its row. The caller holds the chat's lock, and passes the floor afterwards.
 */
export async function endTurn(tx: Tx, turn: TurnRow, ending: Ending): Promise<void> {
  const cause = { chatId: turn.chatId, turnId: turn.id, step: ending.step };
  const toolCalls = turn.kind === 'agent' ? await countToolCalls(tx, turn.id) : 0;
  const usage = usageOfCalls(await takeModelCalls(tx, turn.id), toolCalls);
  const warnings = ending.warnings ?? [];
  const end = decideEnd(ending, turn);
  const error = end.error && (await withDetail(tx, turn.id, end.error));
  const events: NewEvent[] = [
    {
      kind: 'turn_completed',
      data: { status: end.status, usage, warnings, tokenUsage: usage, ...(error ? { error } : {}) },
    },
  ];
  if (end.isRolledBack) events.push({ kind: 'turn_rolled_back', data: { turnId: turn.id } });
  const appended = await appendEvents(tx, cause, events);
  if (end.changesMarks) for (const event of appended) await applyMark(tx, turn.chatId, event as Marking);
  const [{ rows }] = await Promise.all([
    tx.query<Spent>(
      `update turns t set status = $2, phase = 'done', failing_since = null, error = $3, usage = $4, warnings = $5, finished_at = now()
       where t.id = $1
       returning ${spent}`,
      [turn.id, end.status, json(error), json(usage), JSON.stringify(warnings)],
    ),
    tx.query("update drafts set status = 'closed' where turn_id = $1 and status = 'streaming'", [turn.id]),
    tx.query('delete from draft_chunks where turn_id = $1', [turn.id]),
  ]);
  notifyTurnStatus(tx, turn.chatId, turn.id);
  reportCommitted(tx, {
    what: 'turn_ended',
    turnId: turn.id,
    chatId: turn.chatId,
    kind: turn.kind,
    status: end.status,
    code: error?.code ?? null,
    warnings: warnings.length,
    tokens: usage?.completionTokens ?? null,
    ...rows[0]!,
  });
}

type Spent = { seconds: number; firstTokenSeconds: number | null; attempts: number };

/**
 * Durations of the turn `t` in seconds. They use only the clock of Postgres, because those of api and worker may
 * differ.
 */
const spent = `extract(epoch from now() - t.created_at)::double precision as seconds,
  (select extract(epoch from min(d.first_token_at) - t.created_at)::double precision
   from drafts d where d.turn_id = t.id) as "firstTokenSeconds",
  (select coalesce(sum(d.attempt), 0)::integer from drafts d where d.turn_id = t.id) as attempts`;

/** Adds the detail of the reply's failure, if the turn ends with the same code. */
async function withDetail(tx: Tx, turnId: string, error: PublicError): Promise<PublicError> {
  const { rows } = await tx.query<{ detail: ErrorDetail }>(
    `select error_detail as detail from drafts
     where turn_id = $1 and last_error = $2 and error_detail is not null order by beat limit 1`,
    [turnId, error.code],
  );
  return rows[0] ? { ...error, detail: rows[0].detail } : error;
}

const json = (value: unknown) => (value === undefined || value === null ? null : JSON.stringify(value));

import { shownArguments } from '../../domain/agents/toolArguments.js';
import type { AgentStep, CallDecision } from '../../domain/log/events.js';
import type { Db } from '../core/pool.js';

/** A step as viewers receive it. `offset` is where its text begins in the draft's channel, in UTF-16 code units. */
export type StepRow = { step: AgentStep; offset: number | null; iteration: number };

type NewStep = {
  turnId: string;
  beat: 0;
  fence: number;
  index: number;
  id: string;
  type: 'thinking' | 'text';
  iteration: number;
  offset: number;
};

/**
 * Stores that a step has begun, before its first token is sent. Replaces the step that an earlier attempt began at the
 * same index. False when a newer attempt holds the fence.
 */
export async function beginStep(db: Db, step: NewStep): Promise<boolean> {
  const { rowCount } = await db.query(
    `with draft as (
       select chat_id from drafts where turn_id = $1 and beat = $2 and fence = $3 and status = 'streaming'
     )
     insert into agent_steps (turn_id, index, id, type, iteration, "offset")
     select $1, $4, $5, $6, $7, $8 from draft
     on conflict (turn_id, index) do update set id = excluded.id, type = excluded.type, "offset" = excluded."offset"
       where agent_steps.iteration = excluded.iteration`,
    [step.turnId, step.beat, step.fence, step.index, step.id, step.type, step.iteration, step.offset],
  );
  return rowCount === 1;
}

/** The steps of text and thinking that attempts at an iteration have begun so far. */
export async function readBegunSteps(
  db: Db,
  turnId: string,
  iteration: number,
): Promise<{ index: number; type: 'thinking' | 'text'; offset: number }[]> {
  const rows = await readSteps(db, [turnId]);
  return rows.flatMap(({ step: { index, type }, offset, iteration: of }) =>
    of === iteration && (type === 'thinking' || type === 'text') ? [{ index, type, offset: offset ?? 0 }] : [],
  );
}

/** Deletes the steps of an iteration and of later ones. Returns the remaining steps, in their order. */
export async function dropSteps(db: Db, turnId: string, iteration: number): Promise<StepRow[]> {
  await db.query('delete from agent_steps where turn_id = $1 and iteration >= $2', [turnId, iteration]);
  return readSteps(db, [turnId]);
}

type Row = {
  turnId: string;
  index: number;
  id: string;
  type: AgentStep['type'];
  iteration: number;
  offset: number | null;
  content: string | null;
  callId: string | null;
  name: string | null;
  arguments: unknown;
  success: boolean | null;
  decision: CallDecision | null;
  client: true | null;
};

const columns = `turn_id as "turnId", index, id, type, iteration, "offset", content, call_id as "callId", name,
  arguments, success, decision, client`;

/** The steps of several turns, by turn and then in their order. */
export async function readSteps(db: Db, turnIds: string[]): Promise<(StepRow & { turnId: string })[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from agent_steps where turn_id = any($1) order by turn_id, index`,
    [turnIds],
  );
  return rows.map((row) => ({ turnId: row.turnId, offset: row.offset, iteration: row.iteration, step: toStep(row) }));
}

function toStep({
  id,
  index,
  type,
  content,
  callId,
  name,
  arguments: sent,
  success,
  decision,
  client,
}: Row): AgentStep {
  return {
    id,
    index,
    type,
    ...(content === null ? {} : { content }),
    ...(callId === null ? {} : { callId }),
    ...(name === null ? {} : { name }),
    ...(sent === null ? {} : { arguments: sent }),
    ...(success === null ? {} : { success }),
    ...(decision === null ? {} : { decision }),
    ...(client === null ? {} : { client }),
  };
}

/** A tool call without a result. */
export type OpenCall = { id: string; name: string; arguments: unknown; status: string };

/**
 * The calls without a result in a chat's turns that have not ended, in their order, without those that a client runs.
 * Arguments are parsed.
 */
export async function readOpenCalls(db: Db, chatId: string): Promise<OpenCall[]> {
  const { rows } = await db.query<OpenCall & { arguments: string }>(
    `select c.call_id as id, c.name, c.arguments, c.status from tool_calls c join turns t on t.id = c.turn_id
     where t.chat_id = $1 and t.status in ('running', 'awaiting_operator') and c.status <> 'done' and c.plan->'client' is null
     order by c.turn_id, c.task_call_id, c.iteration, c.position`,
    [chatId],
  );
  return rows.map((row) => ({ ...row, arguments: shownArguments(row.arguments) }));
}

import {
  type CallPlan,
  fillStretches,
  type IterationVerdict,
  type Stretch,
  stepId,
} from '../../domain/agents/agent.js';
import type { ReceivedReasoning } from '../../domain/agents/chatMessage.js';
import { shownArguments } from '../../domain/agents/toolArguments.js';
import type { AgentStep } from '../../domain/log/events.js';
import type { DraftKey } from '../../domain/log/frames.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { cutCode, goneVerdict } from '../../domain/turns/verdict.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { readDraftText } from '../streaming/leases.js';
import { settleCall } from '../streaming/modelCalls.js';
import { appendEvents } from '../timeline/log.js';
import { lockTurn } from '../turns/lockTurn.js';
import type { TurnRow } from '../turns/turnRow.js';
import { type AskedCall, insertCallRow, insertIterationRow } from './iterationRows.js';
import { withinServerData } from './serverData.js';

/** A finished call of the model. `text` and `thinking` are its own; offsets of `stretches` are those of the draft. */
export type Iteration = {
  iteration: number;
  text: string;
  thinking: string;
  model: string;
  reason: string;
  usage: TokenUsage | null;
  stretches: Stretch[];
  calls: AskedCall[];
  /** Where it came from (`originOf`), and what goes back there. */
  origin?: string | undefined;
  reasoning?: ReceivedReasoning;
};

/** The draft's text of all landed iterations, and the index of the next step. */
export type KeptDraft = { text: string; thinking: string; nextIndex: number };

/** The verdict of an iteration that has landed, or null. The plans of its calls are those that were stored with it. */
export async function landedIteration(db: Db, turnId: string, iteration: number): Promise<IterationVerdict | null> {
  const { rows } = await db.query<{ reason: string; calls: CallPlan[] | null }>(
    `select finish_reason as reason, (
       select jsonb_agg(c.plan order by c.position) from tool_calls c
       where c.turn_id = i.turn_id and c.task_call_id = '' and c.iteration = i.iteration) as calls
     from agent_iterations i where i.turn_id = $1 and i.task_call_id = '' and i.iteration = $2`,
    [turnId, iteration],
  );
  const row = rows[0];
  return row ? { state: 'landed', calls: row.calls ?? [], code: cutCode(row.reason) } : null;
}

/** Reads the text of the landed iterations of a turn. */
export async function readKeptDraft(db: Db, turnId: string): Promise<KeptDraft> {
  const { rows } = await db.query<KeptDraft>(
    `select coalesce(string_agg(text, '' order by iteration), '') as text,
       coalesce(string_agg(thinking, '' order by iteration), '') as thinking,
       (select coalesce(max(s.index) + 1, 0) from agent_steps s where s.turn_id = $1 and s.iteration in (
          select iteration from agent_iterations where turn_id = $1 and task_call_id = '')) as "nextIndex"
     from agent_iterations where turn_id = $1 and task_call_id = ''`,
    [turnId],
  );
  return rows[0]!;
}

/** The call ids of a turn that are in use: `own` are those of the service, `models` those of the model. */
export async function readCallIds(db: Db, turnId: string): Promise<{ own: Set<string>; models: Set<string> }> {
  const { rows } = await db.query<{ id: string; modelId: string }>(
    'select call_id as id, coalesce(model_call_id, call_id) as "modelId" from tool_calls where turn_id = $1',
    [turnId],
  );
  return { own: new Set(rows.map(({ id }) => id)), models: new Set(rows.map(({ modelId }) => modelId)) };
}

/** Whether an epoch has exactly the text of the landed iterations, so that the next one can continue it. */
export async function epochMatches(db: Db, key: DraftKey, epoch: number, kept: KeptDraft): Promise<boolean> {
  const [text, thinking] = await Promise.all([
    readDraftText(db, key, epoch, 'text'),
    readDraftText(db, key, epoch, 'thinking'),
  ]);
  return text === kept.text && thinking === kept.thinking;
}

/**
 * Stores an iteration of the attempt that holds `fence`, with a step and an event for each of its calls. Lands once: an
 * iteration that has landed before is returned without steps. The draft stays open for the next iteration. Returns
 * `superseded` when a newer attempt holds the fence.
 */
export async function landIteration(
  pool: Pool,
  key: DraftKey,
  fence: number,
  landed: Iteration,
): Promise<{ verdict: IterationVerdict; chatId: string; steps: AgentStep[] } | 'superseded'> {
  return transaction(pool, async (tx) => {
    const locked = await lockTurn(tx, key.turnId);
    const before = await landedIteration(tx, key.turnId, landed.iteration);
    if (before) return { verdict: before, chatId: '', steps: [] };
    if (!locked || hasEnded(locked.turn))
      return { verdict: { state: 'closed', verdict: goneVerdict }, chatId: '', steps: [] };
    const taken = await resetDraft(tx, key, fence);
    if (taken === null) return 'superseded';
    const { asked, attempts } = taken;
    const call = { turnId: key.turnId, step: stepName.reply(landed.iteration), attempt: asked };
    await settleCall(tx, call, { usage: landed.usage, used: true });
    const kept = await withinServerData(tx, key.turnId, landed);
    await insertIterationRow(tx, key.turnId, '', { ...kept, attempts });
    await fillSteps(tx, key.turnId, kept);
    const steps = await insertCalls(tx, locked.turn, kept);
    const calls = landed.calls.map(({ plan }) => plan);
    return { verdict: { state: 'landed', calls, code: cutCode(landed.reason) }, chatId: locked.chat.id, steps };
  });
}

/**
 * Resets the draft for the next iteration, whose attempts and failures count from 0. Returns the attempt that sent the
 * request of this iteration and how many attempts it took, or null when a newer attempt holds the fence.
 */
async function resetDraft(tx: Tx, key: DraftKey, fence: number): Promise<{ asked: number; attempts: number } | null> {
  const { rows } = await tx.query<{ asked: number; attempts: number }>(
    `update drafts d set attempt = 0, ended_attempt = null, failures = 0, last_error = null, error_detail = null, streamed_ms = 0,
       response_id = null, response_seq = null, updated_at = now()
     from (select attempt from drafts where turn_id = $1 and beat = $2 for update) before
     where d.turn_id = $1 and d.beat = $2 and d.fence = $3 and d.status = 'streaming'
     returning d.asked_attempt as asked, before.attempt as attempts`,
    [key.turnId, key.beat, fence],
  );
  return rows[0] ?? null;
}

/** Stores the text of the iteration's steps. Deletes steps that a failed attempt began. */
async function fillSteps(tx: Tx, turnId: string, { iteration, stretches, text, thinking }: Iteration): Promise<void> {
  const indexes = stretches.map(({ index }) => index);
  await tx.query('delete from agent_steps where turn_id = $1 and iteration = $2 and index <> all($3)', [
    turnId,
    iteration,
    indexes,
  ]);
  const begins = { text: firstOffset(stretches, 'text'), thinking: firstOffset(stretches, 'thinking') };
  const own = stretches.map((stretch) => ({ ...stretch, offset: stretch.offset - begins[stretch.type] }));
  for (const step of fillStretches(own, { text, thinking })) {
    await tx.query('update agent_steps set content = $4 where turn_id = $1 and index = $2 and iteration = $3', [
      turnId,
      step.index,
      iteration,
      step.content,
    ]);
  }
}

const firstOffset = (stretches: Stretch[], type: Stretch['type']) =>
  stretches.find((stretch) => stretch.type === type)?.offset ?? 0;

/**
 * Inserts the calls with their steps and events. Calls get the next indexes, and their results the indexes after those.
 */
async function insertCalls(tx: Tx, turn: TurnRow, { iteration, calls }: Iteration): Promise<AgentStep[]> {
  const { rows } = await tx.query<{ next: number }>(
    'select coalesce(max(index) + 1, 0) as next from agent_steps where turn_id = $1',
    [turn.id],
  );
  const first = rows[0]!.next;
  const steps: AgentStep[] = [];
  for (const [position, call] of calls.entries()) {
    const { callId } = call.plan;
    const shown = shownArguments(call.arguments);
    const index = first + position;
    const asked = { callId, name: call.name, arguments: shown, ...(call.plan.client ? { client: true as const } : {}) };
    steps.push({ id: stepId(turn.id, index), index, type: 'tool_call', ...asked });
    await tx.query(
      `insert into agent_steps (turn_id, index, id, type, iteration, call_id, name, arguments, client)
       values ($1, $2, $3, 'tool_call', $4, $5, $6, $7, $8)`,
      [
        turn.id,
        index,
        stepId(turn.id, index),
        iteration,
        callId,
        call.name,
        JSON.stringify(shown),
        call.plan.client ?? null,
      ],
    );
    const resultIndex = first + calls.length + position;
    await insertCallRow(tx, turn.id, call, { taskCallId: '', iteration, position, resultIndex });
    await appendEvents(tx, { chatId: turn.chatId, turnId: turn.id, step: stepName.tool(callId) }, [
      { kind: 'tool_call_start', data: { id: callId, name: call.name, arguments: shown } },
    ]);
  }
  return steps;
}

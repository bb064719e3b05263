import { type CallPlan, stepId } from '../../domain/agents/agent.js';
import { shownArguments } from '../../domain/agents/toolArguments.js';
import type { AgentStep, CallDecision } from '../../domain/log/events.js';
import { stepName } from '../../domain/turns/stepName.js';
import { notifyTurnStatus } from '../core/notify.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents } from '../timeline/log.js';
import type { TurnRow } from '../turns/turnRow.js';

/** The key of a tool call. */
export type CallKey = { turnId: string; callId: string };

/** A call that is about to be made. `attempts` counts the earlier attempts. `enabledTools` is null for the default. */
export type BegunCall = {
  chatId: string;
  owner: string;
  taskCallId: string;
  name: string;
  arguments: string;
  plan: CallPlan;
  attempts: number;
  callerLevel: number;
  enabledTools: string[] | null;
};

/** The result of a call, as the model gets it. */
export type CallResult = { success: boolean; content: string };

/** Begins an attempt at a call. Null when the call is done, or when its turn has ended or is marked to stop. */
export async function beginCall(pool: Pool, key: CallKey): Promise<BegunCall | null> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    if (!turn || turn.stop) return null;
    const { rows } = await tx.query<Omit<BegunCall, 'chatId' | 'owner'>>(
      `update tool_calls c set status = 'running', attempts = c.attempts + 1
       from turns t join chats ch on ch.id = t.chat_id
       where c.turn_id = $1 and c.call_id = $2 and c.status <> 'done' and t.id = c.turn_id
       returning c.task_call_id as "taskCallId", c.name, c.arguments, c.plan, c.attempts - 1 as attempts,
         t.caller_level as "callerLevel", coalesce(t.settings, ch.settings)->'enabledTools' as "enabledTools"`,
      [key.turnId, key.callId],
    );
    notifyTurnStatus(tx, turn.chatId, turn.id);
    return rows[0] ? { ...rows[0], chatId: turn.chatId, owner: turn.owner } : null;
  });
}

/** The step of a call's result, and the draft that it belongs to. */
export type EndedStep = { chatId: string; fence: number; epoch: number; step: AgentStep };

/** The number of the call's last event within its step. */
const ENDED = 1;

/** `taskArguments` are those of the call that began the sub-agent, if a sub-agent made this call. */
type EndedCall = {
  taskCallId: string;
  taskArguments: string | null;
  name: string;
  index: number;
  iteration: number;
  approved: boolean | null;
  decidedBy: CallDecision['by'] | null;
};

/** Of a call that waited for a person. Decisions of before have no name. */
const decisionOf = ({ approved, decidedBy: by }: EndedCall): { decision?: CallDecision } =>
  approved === null || by === null ? {} : { decision: { approved, by } };

/**
 * Stores the result of a call with its step and its event, once. Null when the call was done before, when the turn has
 * ended, and for a call of a sub-agent, which has no step.
 */
export async function endCall(pool: Pool, key: CallKey, given: CallResult): Promise<EndedStep | null> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    if (!turn) return null;
    const result = await limitResult(tx, key.turnId, given);
    const ended = await storeResult(tx, key, result);
    if (!ended) return null;
    await appendEnd(tx, turn, key, ended, result);
    if (ended.taskCallId !== '') return null;
    const decision = decisionOf(ended);
    const step = { callId: key.callId, content: result.content, success: result.success, ...decision };
    await tx.query(
      `insert into agent_steps (turn_id, index, id, type, iteration, call_id, content, success, decision)
       values ($1, $2, $3, 'tool_result', $4, $5, $6, $7, $8) on conflict do nothing`,
      [
        turn.id,
        ended.index,
        stepId(turn.id, ended.index),
        ended.iteration,
        key.callId,
        step.content,
        step.success,
        decision.decision ? JSON.stringify(decision.decision) : null,
      ],
    );
    notifyTurnStatus(tx, turn.chatId, turn.id);
    const draft = await tx.query<{ fence: number; epoch: number }>(
      'select fence, epoch from drafts where turn_id = $1 and beat = 0',
      [turn.id],
    );
    return {
      chatId: turn.chatId,
      ...(draft.rows[0] ?? { fence: 0, epoch: 0 }),
      step: { id: stepId(turn.id, ended.index), index: ended.index, type: 'tool_result', ...step },
    };
  });
}

/** Most bytes of all results of a turn: every prompt and the event of the reply include all of them. */
const MAX_RESULTS_BYTES = 8 * 1024 * 1024;
/**
 * Longest result that is always stored, in UTF-16 code units. All calls of a turn with such results stay within the
 * limit.
 */
const SHORT_RESULT = 1_000;

/** Replaces a result that would exceed the limit of the turn by a failed one. */
async function limitResult(tx: Tx, turnId: string, result: CallResult): Promise<CallResult> {
  if (result.content.length <= SHORT_RESULT) return result;
  const { rows } = await tx.query<{ kept: string }>(
    'select coalesce(sum(octet_length(result)), 0)::text as kept from tool_calls where turn_id = $1',
    [turnId],
  );
  if (Number(rows[0]?.kept) + Buffer.byteLength(result.content) <= MAX_RESULTS_BYTES) return result;
  return {
    success: false,
    content: 'tool_results_too_large: The results of this turn are too long together; answer with what there is.',
  };
}

/** Marks the call as done. Null when it was done before. */
async function storeResult(tx: Tx, key: CallKey, { success, content }: CallResult): Promise<EndedCall | null> {
  const { rows } = await tx.query<EndedCall>(
    `update tool_calls c set status = 'done', success = $3, result = $4
     where c.turn_id = $1 and c.call_id = $2 and c.status <> 'done'
     returning c.task_call_id as "taskCallId", c.name, c.result_index as index, c.iteration, c.approved, c.decided_by as "decidedBy",
       (select p.arguments from tool_calls p
        where p.turn_id = c.turn_id and p.call_id = c.task_call_id and c.task_call_id <> '') as "taskArguments"`,
    [key.turnId, key.callId, success, content],
  );
  return rows[0] ?? null;
}

function appendEnd(tx: Tx, turn: TurnRow, { callId }: CallKey, ended: EndedCall, { success, content }: CallResult) {
  const cause = { chatId: turn.chatId, turnId: turn.id, step: stepName.tool(callId) };
  const data = { id: callId, name: ended.name, result: content, success, ...decisionOf(ended) };
  const event =
    ended.taskCallId === ''
      ? ({ kind: 'tool_call_end', data } as const)
      : ({ kind: 'subagent_tool_call_end', data: { ...data, task: taskOf(ended.taskArguments) } } as const);
  return appendEvents(tx, cause, [event], ENDED);
}

/**
 * Parses in code, not in SQL: `jsonb` rejects some values that `JSON.parse` accepts, and the call must end in any case.
 */
function taskOf(argumentsText: string | null): string {
  const { task } = Object(shownArguments(argumentsText ?? '')) as { task?: unknown };
  return typeof task === 'string' ? task : '';
}

/** Reads the arguments of a call, parsed as they are shown. */
export async function readCallArguments(db: Db, key: CallKey): Promise<unknown> {
  const { rows } = await db.query<{ arguments: string }>(
    'select arguments from tool_calls where turn_id = $1 and call_id = $2',
    [key.turnId, key.callId],
  );
  return shownArguments(rows[0]?.arguments ?? '');
}

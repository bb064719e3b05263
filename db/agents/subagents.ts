import type { CallPlan } from '../../domain/agents/agent.js';
import type { PastIteration } from '../../domain/agents/agentPrompt.js';
import type { ReceivedReasoning } from '../../domain/agents/chatMessage.js';
import { shownArguments } from '../../domain/agents/toolArguments.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { usageOfCalls } from '../../domain/turns/usage.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { readModelCalls, settleCall } from '../streaming/modelCalls.js';
import { lockLiveTurn } from '../timeline/lockLiveTurn.js';
import { appendEvents, findEffect } from '../timeline/log.js';
import type { TurnRow } from '../turns/turnRow.js';
import { type AskedCall, insertCallRow, insertIterationRow } from './iterationRows.js';
import { readPastIterations } from './readAgentPrompt.js';
import { withinServerData } from './serverData.js';
import type { CallKey } from './toolCalls.js';

/** The task of a sub-agent, from the arguments of the call that began it. */
export type Task = { task: string; instructions: string };

/** A finished call of a sub-agent's model. */
export type SubIteration = {
  iteration: number;
  /** The attempt at the sub-agent's step that sent the request. */
  attempt: number;
  text: string;
  thinking: string;
  model: string;
  reason: string;
  usage: TokenUsage | null;
  calls: AskedCall[];
  origin?: string;
  reasoning?: ReceivedReasoning;
};

const stepOf = ({ callId }: CallKey) => `subagent:${callId}`;
const STARTED = 0;
const ENDED = 1;

/** Appends that a sub-agent has begun, once. False when its turn has ended. */
export function beginTask(pool: Pool, key: CallKey, { task }: Task, modelId: string): Promise<boolean> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    if (!turn) return false;
    await appendOnce(tx, turn, key, STARTED, { kind: 'subagent_task_start', data: { task, modelId } });
    return true;
  });
}

type TaskEvent = Parameters<typeof appendEvents>[2][number];

async function appendOnce(tx: Tx, turn: TurnRow, key: CallKey, n: number, event: TaskEvent): Promise<void> {
  if (await findEffect(tx, turn.id, stepOf(key), n)) return;
  await appendEvents(tx, { chatId: turn.chatId, turnId: turn.id, step: stepOf(key) }, [event], n);
}

/** The calls of an iteration that has landed, or null. */
export async function landedSubIteration(db: Db, key: CallKey, iteration: number): Promise<CallPlan[] | null> {
  const { rows } = await db.query<{ calls: CallPlan[] | null }>(
    `select (select jsonb_agg(c.plan order by c.position) from tool_calls c
             where c.turn_id = i.turn_id and c.task_call_id = i.task_call_id and c.iteration = i.iteration) as calls
     from agent_iterations i where i.turn_id = $1 and i.task_call_id = $2 and i.iteration = $3`,
    [key.turnId, key.callId, iteration],
  );
  return rows[0] ? (rows[0].calls ?? []) : null;
}

/** Stores an iteration of a sub-agent, and begins its calls. Lands once; null when the turn has ended. */
export function landSubIteration(
  pool: Pool,
  key: CallKey,
  task: Task,
  given: SubIteration,
): Promise<CallPlan[] | null> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    if (!turn) return null;
    const before = await landedSubIteration(tx, key, given.iteration);
    if (before) return before;
    const landed = await withinServerData(tx, key.turnId, given);
    const call = { turnId: key.turnId, step: stepName.tool(key.callId), attempt: landed.attempt };
    await settleCall(tx, call, { usage: landed.usage, used: true });
    await insertIterationRow(tx, key.turnId, key.callId, landed);
    for (const [position, call] of landed.calls.entries()) {
      const { callId } = call.plan;
      await insertCallRow(tx, key.turnId, call, {
        taskCallId: key.callId,
        iteration: landed.iteration,
        position,
        resultIndex: null,
      });
      const data = { task: task.task, id: callId, name: call.name, arguments: shownArguments(call.arguments) };
      const cause = { chatId: turn.chatId, turnId: turn.id, step: stepName.tool(callId) };
      await appendEvents(tx, cause, [{ kind: 'subagent_tool_call_start', data }]);
    }
    return landed.calls.map(({ plan }) => plan);
  });
}

/** Reads the iterations of a sub-agent, and the usage of all its model calls, including lost ones. */
export async function readTaskEnd(
  db: Db,
  key: CallKey,
): Promise<{ iterations: PastIteration[]; usage: TokenUsage | null }> {
  const iterations = await readPastIterations(db, { turnId: key.turnId, taskCallId: key.callId });
  const calls = await readModelCalls(db, key.turnId);
  return { iterations, usage: usageOfCalls(calls.filter(({ step }) => step === stepName.tool(key.callId))) };
}

export type TaskEnd = {
  status: 'done' | 'failed';
  promptTokens: number;
  completionTokens: number;
  llmCallCount: number;
};

/** Appends that a sub-agent has ended, once. */
export function endTask(pool: Pool, key: CallKey, { task }: Task, end: TaskEnd): Promise<void> {
  return transaction(pool, async (tx) => {
    const turn = await lockLiveTurn(tx, key.turnId);
    if (turn) await appendOnce(tx, turn, key, ENDED, { kind: 'subagent_task_end', data: { task, ...end } });
  });
}

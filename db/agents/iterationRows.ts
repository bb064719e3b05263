import type { CallPlan } from '../../domain/agents/agent.js';
import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import type { Tx } from '../core/pool.js';
import type { Iteration } from './iterations.js';

/** A tool call that the model asked for, with its plan. `modelCallId` is the model's id of the call. */
export type AskedCall = Omit<ToolCallRequest, 'id'> & { plan: CallPlan; modelCallId: string };

/** `attempts`: how many it took; 1 by default. */
type IterationRow = Omit<Iteration, 'stretches' | 'calls'> & { attempts?: number };

/** Inserts an iteration. `taskCallId` is the call that began the sub-agent, or '' for the agent itself. */
export async function insertIterationRow(tx: Tx, turnId: string, taskCallId: string, row: IterationRow): Promise<void> {
  await tx.query(
    `insert into agent_iterations (turn_id, task_call_id, iteration, text, thinking, model, finish_reason, usage, origin,
       reasoning_field, reasoning_blocks, attempts)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      turnId,
      taskCallId,
      row.iteration,
      row.text,
      row.thinking,
      row.model,
      row.reason,
      row.usage ? JSON.stringify(row.usage) : null,
      row.origin ?? null,
      row.reasoning?.field ?? null,
      row.reasoning?.blocks.length ? JSON.stringify(row.reasoning.blocks) : null,
      Math.max(1, row.attempts ?? 1),
    ],
  );
}

/** `resultIndex` is the index of the result's step; null for a call of a sub-agent, which has no steps. */
type CallPlace = { taskCallId: string; iteration: number; position: number; resultIndex: number | null };

/** Inserts a tool call. */
export async function insertCallRow(tx: Tx, turnId: string, call: AskedCall, place: CallPlace): Promise<void> {
  await tx.query(
    `insert into tool_calls (turn_id, call_id, task_call_id, iteration, position, name, arguments, plan, result_index,
       model_call_id, server_fields)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      turnId,
      call.plan.callId,
      place.taskCallId,
      place.iteration,
      place.position,
      call.name,
      call.arguments,
      JSON.stringify(call.plan),
      place.resultIndex,
      call.modelCallId,
      call.serverFields ? JSON.stringify(call.serverFields) : null,
    ],
  );
}

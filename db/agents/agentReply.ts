import { fillStretches, type Stretch } from '../../domain/agents/agent.js';
import type { AgentStep } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';
import { readDraftText } from '../streaming/leases.js';
import { readSteps } from './agentSteps.js';

/** The fields of an agent's `assistant_turn` beside its text. */
export type AgentReply = { steps: AgentStep[]; model: string | undefined };

/** Reads the steps of an agent's turn over all iterations, including one that was cut short, and the newest model. */
export async function readAgentReply(tx: Tx, turnId: string, epoch: number): Promise<AgentReply> {
  const [rows, thinking, text, model] = await Promise.all([
    readSteps(tx, [turnId]),
    readDraftText(tx, { turnId, beat: 0 }, epoch, 'thinking'),
    readDraftText(tx, { turnId, beat: 0 }, epoch, 'text'),
    readModel(tx, turnId),
  ]);
  const stretches = rows.flatMap(({ step: { index, type }, offset }): Stretch[] =>
    type === 'thinking' || type === 'text' ? [{ index, type, offset: offset ?? 0 }] : [],
  );
  const filled = new Map(fillStretches(turnId, stretches, { thinking, text }).map((step) => [step.index, step]));
  return { steps: rows.map(({ step }) => filled.get(step.index) ?? step), model };
}

/** The model of the newest iteration. */
async function readModel(tx: Tx, turnId: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ model: string }>(
    "select model from agent_iterations where turn_id = $1 and task_call_id = '' order by iteration desc limit 1",
    [turnId],
  );
  return rows[0]?.model;
}

import { fillStretches, type Stretch, stepId } from '../../domain/agents/agent.js';
import type { AgentStep } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';
import { readDraftText } from '../streaming/leases.js';
import { readSteps } from './agentSteps.js';

/** The fields of an agent's `assistant_turn` beside its text. */
export type AgentReply = { steps: AgentStep[]; model: string | undefined };

/**
 * Reads the steps of an agent's turn over all iterations, including one that was cut short, and the newest model. `epoch`:
 * of the draft. `landsAs`: the epoch that the reply ends. What is kept of a cut iteration is of that one: viewers may have
 * received more of it.
 */
export async function readAgentReply(
  tx: Tx,
  turnId: string,
  { epoch, landsAs }: { epoch: number; landsAs: number },
): Promise<AgentReply> {
  const [rows, thinking, text, model] = await Promise.all([
    readSteps(tx, [turnId]),
    readDraftText(tx, { turnId, beat: 0 }, epoch, 'thinking'),
    readDraftText(tx, { turnId, beat: 0 }, epoch, 'text'),
    readModel(tx, turnId),
  ]);
  const stretches = rows.flatMap(({ step: { index, type }, offset }): Stretch[] =>
    type === 'thinking' || type === 'text' ? [{ index, type, offset: offset ?? 0 }] : [],
  );
  const filled = new Map(fillStretches(stretches, { thinking, text }).map((each) => [each.index, each]));
  const steps = rows.map(({ step }): AgentStep => {
    const text = filled.get(step.index);
    const isCut = text !== undefined && step.content === undefined;
    return { ...step, ...text, ...(isCut ? { id: stepId(turnId, step.index, landsAs) } : {}) };
  });
  return { steps, model };
}

/** The model of the newest iteration. */
async function readModel(tx: Tx, turnId: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ model: string }>(
    "select model from agent_iterations where turn_id = $1 and task_call_id = '' order by iteration desc limit 1",
    [turnId],
  );
  return rows[0]?.model;
}

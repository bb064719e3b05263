import { fillStretches, type Stretch } from '../domain/agent.js';
import type { AgentStep } from '../domain/events.js';
import type { TokenUsage } from '../domain/turn.js';
import { addUsage, usageOfRemains } from '../domain/usage.js';
import { readSteps } from './agentSteps.js';
import { readDraftText } from './drafts.js';
import type { Tx } from './pool.js';

/** What an agent's `assistant_turn` holds beside its text. */
export type AgentReply = { steps: AgentStep[]; usage: TokenUsage | undefined; model: string | undefined };

/** All that an agent thought, said and did in a turn, over its iterations, the one that was cut short as well. */
export async function readAgentReply(tx: Tx, turnId: string, epoch: number): Promise<AgentReply> {
  const [rows, thinking, text, calls] = await Promise.all([
    readSteps(tx, [turnId]),
    readDraftText(tx, { turnId, beat: 0 }, epoch, 'thinking'),
    readDraftText(tx, { turnId, beat: 0 }, epoch, 'text'),
    readCalls(tx, turnId),
  ]);
  const stretches = rows.flatMap(({ step: { index, type }, offset }): Stretch[] =>
    type === 'thinking' || type === 'text' ? [{ index, type, offset: offset ?? 0 }] : [],
  );
  const filled = new Map(fillStretches(turnId, stretches, { thinking, text }).map((step) => [step.index, step]));
  const begun = text.length - calls.landedLength;
  const partial = begun > 0 ? [usageOfRemains(calls.model ?? '', text.slice(-begun))] : [];
  const usage = addUsage([...(calls.usage ? [calls.usage] : []), ...partial]) ?? undefined;
  return { steps: rows.map(({ step }) => filled.get(step.index) ?? step), model: calls.model, usage };
}

/** Usage adds up over the iterations, those of sub-agents too. */
async function readCalls(
  tx: Tx,
  turnId: string,
): Promise<Pick<AgentReply, 'usage' | 'model'> & { landedLength: number }> {
  const { rows } = await tx.query<{ usage: TokenUsage | null; model: string; text: string; own: boolean }>(
    `select usage, model, text, task_call_id = '' as own from agent_iterations where turn_id = $1 order by landed_at, iteration`,
    [turnId],
  );
  const tools = await tx.query<{ count: number }>(
    "select count(*) as count from tool_calls where turn_id = $1 and status = 'done'",
    [turnId],
  );
  const model = rows.findLast(({ own }) => own)?.model;
  const usage = addUsage(rows.flatMap((row) => (row.usage ? [row.usage] : [])));
  return {
    model,
    landedLength: rows.reduce((sum, row) => sum + (row.own ? row.text.length : 0), 0),
    usage: usage ? { ...usage, toolCallCount: tools.rows[0]?.count ?? 0, modelId: model ?? usage.modelId } : undefined,
  };
}

import { CancellationScope } from '@temporalio/workflow';
import type { IterationVerdict } from '../../domain/agents/agent.js';
import type { FailureCode } from '../../domain/log/failures.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import { summary } from '../../domain/turns/engine.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { closeReply, landAgent, streamIteration } from '../activities.js';
import { type Ears, type End, inRounds } from '../turns/reply.js';
import { runCalls } from './toolCalls.js';

export type AgentTurn = { turnId: string; maxIterations: number; whenFailed: WhenFailed };

/**
 * An agent's turn: the model is asked, the tools that it calls are run side by side, and so on until it answers
 * without calling any. What it thinks, says and does is one reply, over all iterations.
 */
export async function agent(turn: AgentTurn, ears: Ears): Promise<ReplyVerdict> {
  for (let iteration = 0; iteration < turn.maxIterations; iteration++) {
    const asked = await ask(turn, iteration, ears);
    if ('failure' in asked) return close(turn, asked.failure?.code ?? null);
    const { value } = asked;
    if (value.state === 'closed') return value.verdict;
    if (value.calls.length === 0 || value.code) return land(turn, value.code);
    await runCalls(turn.turnId, value.calls, ears);
    if (ears.control.stopped()) return close(turn, null);
  }
  return close(turn, 'max_iterations');
}

function ask({ turnId, whenFailed }: AgentTurn, iteration: number, ears: Ears): Promise<End<IterationVerdict>> {
  const step = stepName.reply(iteration);
  const work = async () => {
    const verdict = await streamIteration(summary(`iteration ${iteration}`, null))({ turnId, iteration });
    ears.progress.set(step, 'done', verdict.state === 'landed' ? verdict.code : verdict.verdict.code);
    return verdict;
  };
  return inRounds({ turnId, step, whenFailed }, work, ears);
}

/** Keeps what there is, cut short. */
const close = ({ turnId }: AgentTurn, code: FailureCode | null) =>
  CancellationScope.nonCancellable(() => closeReply({ turnId, beat: 0, speakerId: ASSISTANT.id, code }));

const land = ({ turnId }: AgentTurn, code: FailureCode | null) =>
  CancellationScope.nonCancellable(() => landAgent({ turnId, code }));

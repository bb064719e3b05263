import { CancellationScope } from '@temporalio/workflow';
import type { IterationVerdict } from '../../domain/agents/agent.js';
import type { FailureCode } from '../../domain/log/failures.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import { summary } from '../../domain/turns/engine.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { WhenFailed } from '../../domain/turns/turn.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { closeReply, landAgent, streamIteration } from '../activities.js';
import { type Outcome, type RunningTurn, retryInRounds } from '../turns/reply.js';
import { runCalls } from './toolCalls.js';

export type AgentTurn = { turnId: string; maxIterations: number; whenFailed: WhenFailed };

/**
 * An agent's turn: asks the model and runs the tools that it calls side by side, until the model answers without a call or
 * calls a function of the turn's client. All iterations together are one reply.
 */
export async function agent(turn: AgentTurn, running: RunningTurn): Promise<ReplyVerdict> {
  for (let iteration = 0; iteration < turn.maxIterations; iteration++) {
    const asked = await ask(turn, iteration, running);
    if ('failure' in asked) return close(turn, asked.failure?.code ?? null);
    const { value } = asked;
    if (value.state === 'closed') return value.verdict;
    if (value.calls.length === 0 || value.code) return land(turn, value.code);
    const own = value.calls.filter(({ client }) => !client);
    if (own.length > 0) await runCalls(turn.turnId, own, running);
    if (running.control.stopped()) return close(turn, null);
    // The client runs the others, and another turn continues with their outputs.
    if (own.length < value.calls.length) return land(turn, null);
  }
  return close(turn, 'max_iterations');
}

function ask(
  { turnId, whenFailed }: AgentTurn,
  iteration: number,
  running: RunningTurn,
): Promise<Outcome<IterationVerdict>> {
  const step = stepName.reply(iteration);
  const work = async () => {
    const verdict = await streamIteration(summary(`iteration ${iteration}`, null))({ turnId, iteration });
    running.progress.set(step, 'done', verdict.state === 'landed' ? verdict.code : verdict.verdict.code);
    return verdict;
  };
  return retryInRounds({ turnId, step, whenFailed }, work, running);
}

/** Appends the text received so far. */
const close = ({ turnId }: AgentTurn, code: FailureCode | null) =>
  CancellationScope.nonCancellable(() => closeReply({ turnId, beat: 0, speakerId: ASSISTANT.id, code }));

const land = ({ turnId }: AgentTurn, code: FailureCode | null) =>
  CancellationScope.nonCancellable(() => landAgent({ turnId, code }));

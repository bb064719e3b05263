import { beginStep, dropSteps, readBegunSteps } from '../../db/agents/agentSteps.js';
import { holdsKept, landedIteration, landIteration, readCallIds, readKept } from '../../db/agents/iterations.js';
import { readAgentPrompt } from '../../db/agents/readAgentPrompt.js';
import type { Pool } from '../../db/core/pool.js';
import { closeReply } from '../../db/streaming/landReply.js';
import { type IterationVerdict, stepId } from '../../domain/agents/agent.js';
import { agentPrompt } from '../../domain/agents/agentPrompt.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { PromptLimits } from '../../domain/narrative/prompt.js';
import { stepName } from '../../domain/turns/stepName.js';
import { cutCode, goneVerdict } from '../../domain/turns/verdict.js';
import type { Wire } from '../../viewers/wire/wire.js';
import type { Asked, Course, OpenDraft } from '../streaming/course.js';
import type { ProviderOf } from '../streaming/providerOf.js';
import type { BegunStep, DraftAt, ReplyStream } from '../streaming/replyStream.js';
import { usageOfStream } from '../streaming/streamCall.js';
import type { StreamEnd } from '../streaming/streamEnd.js';
import type { Streaming } from '../streaming/streaming.js';
import type { OfferedTools } from './offeredTools.js';
import { planCalls } from './planCalls.js';

export type StreamIterationInput = { turnId: string; iteration: number };

export type StreamIterationDeps = {
  pool: Pool;
  wire: Wire;
  model: string;
  prompt: PromptLimits;
  providerOf: ProviderOf;
  offeredTools: OfferedTools;
};

/** Streams one call of an agent's model to viewers, and keeps what it said and the calls that it asks for. */
export function createStreamIteration(deps: StreamIterationDeps, stream: Streaming) {
  return ({ turnId, iteration }: StreamIterationInput): Promise<IterationVerdict> => {
    const key = { turnId, beat: 0 };
    const close = async (): Promise<IterationVerdict> => ({
      state: 'closed',
      verdict: await closeReply(deps.pool, key, { model: deps.model }),
    });
    const course: Course<IterationVerdict> = {
      key,
      kind: 'agent',
      speaker: { speakerId: ASSISTANT.id },
      step: stepName.reply(iteration),
      gone: { state: 'closed', verdict: goneVerdict },
      settles: true,
      landed: (tx) => landedIteration(tx, turnId, iteration),
      read: async () => (opened) => ask(deps, { turnId, iteration }, opened),
      close,
      land: (fence, streamed, end) =>
        end.how === 'finished' ? land(deps, { turnId, iteration }, fence, streamed, end) : close(),
    };
    return stream(course);
  };
}

async function ask(deps: StreamIterationDeps, input: StreamIterationInput, opened: OpenDraft): Promise<Asked> {
  const { pool } = deps;
  const { turnId } = input;
  const key = { turnId, beat: 0 };
  const [prompt, kept, offered, { provider, fallback, ...options }] = await Promise.all([
    readAgentPrompt(pool, turnId),
    readKept(pool, turnId),
    deps.offeredTools(turnId),
    deps.providerOf(turnId),
  ]);
  if (!prompt) throw new TurnFailure('turn_gone');
  const inEpoch = opened.settled && opened.epoch > 0 && (await holdsKept(pool, key, opened.epoch, kept));
  const tools = offered.map(({ name, description, parameters }) => ({ name, description, parameters }));
  return {
    provider,
    fallback,
    request: { ...options, messages: agentPrompt(prompt, deps.prompt), tools },
    draft: {
      kept: { ...kept, inEpoch },
      firstIndex: kept.nextIndex,
      begunSteps: await readBegunSteps(pool, turnId, input.iteration),
      dropSteps: (at) => drop(deps, { ...input, chatId: opened.chatId }, at),
      beginStep: (step, at) => begin(deps, { ...input, chatId: opened.chatId }, step, at),
    },
  };
}

/** Viewers drop the steps with the draft: those that are kept are told anew. */
async function drop(
  deps: StreamIterationDeps,
  { turnId, iteration, chatId }: StreamIterationInput & { chatId: string },
  at: DraftAt,
): Promise<void> {
  for (const { step, offset } of await dropSteps(deps.pool, turnId, iteration))
    deps.wire.step({ chatId, turnId, beat: 0, ...at, offset, step });
}

/** A step is in Postgres before its first token goes out: a viewer who comes late finds it there. */
async function begin(
  deps: StreamIterationDeps,
  { turnId, iteration, chatId }: StreamIterationInput & { chatId: string },
  { index, type, offset }: BegunStep,
  at: DraftAt,
): Promise<boolean> {
  const id = stepId(turnId, index);
  const row = { turnId, beat: 0 as const, fence: at.fence, index, id, type, iteration, offset };
  const begun = await beginStep(deps.pool, row);
  if (begun) deps.wire.step({ chatId, turnId, beat: 0, ...at, offset, step: { id, index, type } });
  return begun;
}

async function land(
  deps: StreamIterationDeps,
  { turnId, iteration }: StreamIterationInput,
  fence: number,
  streamed: ReplyStream,
  end: Extract<StreamEnd, { how: 'finished' }>,
): Promise<IterationVerdict | 'superseded'> {
  const [offered, taken] = await Promise.all([deps.offeredTools(turnId), readCallIds(deps.pool, turnId)]);
  const { text, thinking, steps: stretches } = streamed.own();
  const { model, reason } = end;
  const usage = usageOfStream(streamed, end.usage, deps.prompt.countTokens);
  // A reply that was cut may have been cut in the middle of a call.
  const asked = cutCode(reason) ? [] : end.calls;
  const calls = planCalls(asked, { offered, taken, iteration });
  const landing = { iteration, text, thinking, stretches, model, reason, usage, calls };
  const landed = await landIteration(deps.pool, { turnId, beat: 0 }, fence, landing);
  if (landed === 'superseded') return landed;
  const at = { turnId, beat: 0, fence, epoch: streamed.epoch(), offset: null };
  for (const step of landed.steps) deps.wire.step({ chatId: landed.chatId, ...at, step });
  return landed.verdict;
}

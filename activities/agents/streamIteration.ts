import { beginStep, dropSteps, readBegunSteps } from '../../db/agents/agentSteps.js';
import { readClientFunctions } from '../../db/agents/clientFunctions.js';
import {
  epochMatches,
  landedIteration,
  landIteration,
  readCallIds,
  readKeptDraft,
} from '../../db/agents/iterations.js';
import { readAgentPrompt } from '../../db/agents/readAgentPrompt.js';
import type { Pool } from '../../db/core/pool.js';
import { closeReply } from '../../db/streaming/landReply.js';
import type { Lease } from '../../db/streaming/leases.js';
import { type IterationVerdict, stepId } from '../../domain/agents/agent.js';
import { type AgentPromptInput, agentPrompt } from '../../domain/agents/agentPrompt.js';
import type { ClientFunctions } from '../../domain/agents/clientFunctions.js';
import { forOrigin, originOf } from '../../domain/agents/origin.js';
import type { Channel } from '../../domain/log/frames.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { PromptLimits } from '../../domain/narrative/prompt.js';
import { stepName } from '../../domain/turns/stepName.js';
import { cutCode, goneVerdict } from '../../domain/turns/verdict.js';
import type { Wire } from '../../viewers/wire/wire.js';
import type { StreamStep } from '../streaming/attempt.js';
import type { BegunStep, DraftAt, StepHooks } from '../streaming/draftWriter.js';
import { imageLoader } from '../streaming/imageLoader.js';
import type { ProviderOf } from '../streaming/providerOf.js';
import type { ProviderStream } from '../streaming/providerStream.js';
import { usageOfStream } from '../streaming/streamCall.js';
import type { StreamEnd } from '../streaming/streamEnd.js';
import type { ModelRequest } from '../streaming/streamedStep.js';
import type { OfferedTools } from './offeredTools.js';
import { offersOf, toolChoiceOf } from './offers.js';
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

/** What a request of an iteration is made from, and what the iterations before it have left in the draft. */
type IterationPrompt = {
  input: AgentPromptInput;
  kept: Awaited<ReturnType<typeof readKeptDraft>>;
  offered: Awaited<ReturnType<OfferedTools>>;
  client: ClientFunctions | null;
};

/** Streams one call of an agent's model to viewers, and keeps what it said and the calls that it asks for. */
export function createStreamIteration(deps: StreamIterationDeps, streamStep: StreamStep) {
  return ({ turnId, iteration }: StreamIterationInput): Promise<IterationVerdict> => {
    const key = { turnId, beat: 0 };
    const close = async (): Promise<IterationVerdict> => ({
      state: 'closed',
      verdict: await closeReply(deps.pool, key, { model: deps.model }),
    });
    return streamStep<IterationPrompt, IterationVerdict>({
      key,
      kind: 'agent',
      speaker: { speakerId: ASSISTANT.id },
      name: stepName.reply(iteration),
      gone: { state: 'closed', verdict: goneVerdict },
      checkpointBeforeLanding: true,
      findLanded: (tx) => landedIteration(tx, turnId, iteration),
      readPrompt: () => readPrompt(deps, turnId),
      toRequest: (prompt, lease) => toRequest(deps, { turnId, iteration }, prompt, lease),
      close,
      land: (fence, stream, end) =>
        end.how === 'finished' ? land(deps, { turnId, iteration }, fence, stream, end) : close(),
    });
  };
}

async function readPrompt(
  { pool, offeredTools }: StreamIterationDeps,
  turnId: string,
): Promise<IterationPrompt | null> {
  const [input, kept, offered, client] = await Promise.all([
    readAgentPrompt(pool, turnId),
    readKeptDraft(pool, turnId),
    offeredTools(turnId),
    readClientFunctions(pool, turnId),
  ]);
  return input && { input, kept, offered, client };
}

async function toRequest(
  deps: StreamIterationDeps,
  input: StreamIterationInput,
  { input: promptInput, kept, offered, client }: IterationPrompt,
  { chatId, epoch, settled, onFallback }: Lease,
): Promise<ModelRequest> {
  const { pool } = deps;
  const { turnId, iteration } = input;
  const [{ provider, fallback, ...options }, inEpoch, begunSteps] = await Promise.all([
    deps.providerOf(turnId),
    settled && epoch > 0 && epochMatches(pool, { turnId, beat: 0 }, epoch, kept),
    readBegunSteps(pool, turnId, iteration),
  ]);
  const tools = offersOf(offered, client);
  const asked =
    onFallback && fallback ? { model: fallback.model, onFallback } : { model: options.model, onFallback: false };
  const origin = originOf(asked);
  const iterations = forOrigin(promptInput.iterations, origin);
  const history = promptInput.history.map(({ iterations: past, ...line }) =>
    past ? { ...line, iterations: forOrigin(past, origin) } : line,
  );
  return {
    provider,
    fallback,
    request: {
      ...options,
      messages: agentPrompt({ ...promptInput, history, iterations }, deps.prompt),
      tools,
      ...toolChoiceOf(client, { iteration, tools }),
      ...(client?.format ? { format: client.format } : {}),
      loadImages: imageLoader(pool, turnId),
    },
    draft: {
      kept: { text: kept.text, thinking: kept.thinking, inEpoch },
      begunSteps,
      steps: {
        firstIndex: kept.nextIndex,
        drop: (at, sendKept) => drop(deps, { ...input, chatId }, at, sendKept),
        begin: (step, at) => begin(deps, { ...input, chatId }, step, at),
      },
    },
  };
}

/** Viewers drop the steps of an earlier epoch with its draft. Those that are kept are sent again, each after the text before it. */
async function drop(
  deps: StreamIterationDeps,
  { turnId, iteration, chatId }: StreamIterationInput & { chatId: string },
  at: DraftAt,
  sendKept: Parameters<StepHooks['drop']>[1],
): Promise<void> {
  const kept = await dropSteps(deps.pool, turnId, iteration);
  for (const [n, { step, offset }] of kept.entries()) {
    const startOf = (type: Channel) =>
      kept.slice(n).find((each) => each.step.type === type)?.offset ?? Number.POSITIVE_INFINITY;
    sendKept({ thinking: startOf('thinking'), text: startOf('text') });
    deps.wire.step({ chatId, turnId, beat: 0, ...at, offset, step });
  }
}

/** A step is in Postgres before its first token goes out, for viewers that connect later. */
async function begin(
  deps: StreamIterationDeps,
  { turnId, iteration, chatId }: StreamIterationInput & { chatId: string },
  { index, type, offset }: BegunStep,
  at: DraftAt,
): Promise<boolean> {
  const id = stepId(turnId, index, at.epoch);
  const row = { turnId, beat: 0 as const, fence: at.fence, index, id, type, iteration, offset };
  const begun = await beginStep(deps.pool, row);
  if (begun) deps.wire.step({ chatId, turnId, beat: 0, ...at, offset, step: { id, index, type } });
  return begun;
}

async function land(
  deps: StreamIterationDeps,
  { turnId, iteration }: StreamIterationInput,
  fence: number,
  stream: ProviderStream,
  end: Extract<StreamEnd, { how: 'finished' }>,
): Promise<IterationVerdict | 'superseded'> {
  const [offered, taken, functions] = await Promise.all([
    deps.offeredTools(turnId),
    readCallIds(deps.pool, turnId),
    readClientFunctions(deps.pool, turnId),
  ]);
  const client = { turnId, names: new Set(functions?.functions.map(({ name }) => name)) };
  const { text, thinking, steps: stretches } = stream.added();
  const { model, reason, reasoning } = end;
  const { origin } = stream.call;
  const usage = usageOfStream(stream, end.usage, deps.prompt.countTokens);
  // A reply that was cut may have been cut in the middle of a call.
  const asked = cutCode(reason) ? [] : end.calls;
  const calls = planCalls(asked, { offered, taken, iteration, client });
  const landing = { iteration, text, thinking, stretches, model, reason, usage, calls, origin, reasoning };
  const landed = await landIteration(deps.pool, { turnId, beat: 0 }, fence, landing);
  if (landed === 'superseded') return landed;
  const at = { turnId, beat: 0, fence, epoch: stream.epoch(), offset: null };
  for (const step of landed.steps) deps.wire.step({ chatId: landed.chatId, ...at, step });
  return landed.verdict;
}

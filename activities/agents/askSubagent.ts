import { readCallIds } from '../../db/agents/iterations.js';
import { readPastIterations } from '../../db/agents/readAgentPrompt.js';
import { landedSubIteration, landSubIteration, type Task } from '../../db/agents/subagents.js';
import { type CallKey, readCallArguments } from '../../db/agents/toolCalls.js';
import type { Pool } from '../../db/core/pool.js';
import {
  type AskedModel,
  type ModelCallKey,
  recordCall,
  settleCall,
  settleFailedCall,
} from '../../db/streaming/modelCalls.js';
import { beginStep, failStep } from '../../db/turns/steps.js';
import type { CallPlan } from '../../domain/agents/agent.js';
import { agentPrompt } from '../../domain/agents/agentPrompt.js';
import type { ReceivedReasoning, ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { forOrigin, originOf } from '../../domain/agents/origin.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { PromptLimits } from '../../domain/narrative/prompt.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { approximateTokens, estimatedUsage } from '../../domain/turns/usage.js';
import { runBounded } from '../../lib/bounded.js';
import { through } from '../../llm/partStage.js';
import { type ReplyPart, toCallRequest } from '../../llm/port.js';
import { createReceivedParts } from '../../llm/receivedParts.js';
import type { Wire } from '../../viewers/wire/wire.js';
import { failureOfAttempt, type RetryRule, toApplicationFailure } from '../failure.js';
import { retryWhileDatabaseAway } from '../retryWhileDatabaseAway.js';
import type { ProviderOf } from '../streaming/providerOf.js';
import { promptTexts } from '../streaming/streamCall.js';
import type { CallWatch, Telemetry } from '../telemetry.js';
import type { OfferedTools } from './offeredTools.js';
import { planCalls } from './planCalls.js';
import type { BudgetShare } from './subagentBudget.js';

export type SubagentDeps = {
  pool: Pool;
  wire: Wire;
  prompt: PromptLimits;
  silenceMs: number;
  limitMs: number;
  retry: RetryRule;
  providerOf: ProviderOf;
  offeredTools: OfferedTools;
  telemetry: Pick<Telemetry, 'calls'>;
};

const INSTRUCTIONS = 'You do one task for another agent. Answer with what it needs to know, and nothing else.';

/** Calls the sub-agent's model once, without viewers, and stores its answer. Returns the planned tool calls. */
export async function askSubagent(
  deps: SubagentDeps,
  input: CallKey & { iteration: number },
  budget: BudgetShare,
  signal: AbortSignal,
): Promise<CallPlan[]> {
  const { pool } = deps;
  const { turnId, callId, iteration } = input;
  const landed = await retryWhileDatabaseAway(() => landedSubIteration(pool, input, iteration), signal);
  if (landed) return landed;
  const step = { turnId, name: stepName.tool(callId) };
  const begun = await retryWhileDatabaseAway(() => beginStep(pool, step, iteration), signal);
  const { attempt, endedWithoutReason: mayLackReason } = begun;
  const received = { text: '', thinking: '' };
  try {
    const task = await readTask(pool, input);
    if (!task) throw new TurnFailure('turn_gone');
    const { request, provider, offered, said: before } = await toRequest(deps, input, task);
    budget.spend(before);
    const { model } = request;
    const asked = { model, promptTokens: approximateTokens(promptTexts(request)) };
    const call = { turnId, step: step.name, attempt };
    await retryWhileDatabaseAway(() => recordCall(pool, call, asked), signal);
    const requestId = `${turnId}/${step.name}/${attempt}`;
    const watch = deps.telemetry.calls({ purpose: 'subagent', model, chatId: null, ...call });
    const parts = (within: AbortSignal) =>
      provider.streamReply({ ...request, requestId }, { signal: within, silenceMs: deps.silenceMs, mayLackReason });
    const inTime = () =>
      runBounded(signal, deps.limitMs, (within) =>
        receiveAll(through(parts(within), createReceivedParts(budget.spend)), watch, received),
      );
    const said = await reported(watch, signal, () => inTime().catch(asTimeout)).catch(async (error: unknown) => {
      await retryWhileDatabaseAway(() => settleLost(pool, call, asked, received, error));
      throw error;
    });
    const usage = said.usage ?? estimateOf(asked, received);
    const taken = await retryWhileDatabaseAway(() => readCallIds(pool, turnId));
    const calls = planCalls(said.calls, { offered, taken, iteration, prefix: callId });
    const origin = originOf({ model, onFallback: false });
    const landing = { ...said, usage, iteration, attempt, calls, origin };
    const plans = await retryWhileDatabaseAway(() => landSubIteration(pool, input, task, landing));
    if (!plans) throw new TurnFailure('turn_gone');
    return plans;
  } catch (error) {
    const failure = signal.aborted ? null : failureOfAttempt(error);
    if (!failure) throw error;
    const failures = await retryWhileDatabaseAway(() => failStep(pool, step, failure));
    throw toApplicationFailure(failure, failures, deps.retry);
  }
}

function asTimeout(error: unknown): never {
  if (error instanceof DOMException && error.name === 'TimeoutError') throw new TurnFailure('reply_timeout');
  throw error;
}

const estimateOf = ({ model, promptTokens }: AskedModel, { text, thinking }: Received): TokenUsage =>
  estimatedUsage(model, { prompt: promptTokens, completion: approximateTokens([text, thinking]) });

/** Records the cost of a failed call, whose text is in no checkpoint. */
async function settleLost(pool: Pool, call: ModelCallKey, asked: AskedModel, received: Received, error: unknown) {
  const failure = error instanceof TurnFailure ? error : new TurnFailure('internal', { cause: error });
  if (failure.spent !== 'tokens' || failure.usage) return settleFailedCall(pool, call, asked.model, failure);
  await settleCall(pool, call, { usage: estimateOf(asked, received), used: false });
}

type Received = { text: string; thinking: string };

const lengthOf = (calls: ToolCallRequest[]): number => calls.reduce((units, call) => units + call.arguments.length, 0);

/** `said`: the length of the model's earlier iterations, in UTF-16 code units. */
async function toRequest(deps: SubagentDeps, { turnId, callId }: CallKey, task: Task) {
  const [landed, offered, { provider, fallback: _, ...options }] = await Promise.all([
    readPastIterations(deps.pool, { turnId, taskCallId: callId }),
    deps.offeredTools(turnId, { toSubagent: true }),
    deps.providerOf(turnId),
  ]);
  const iterations = forOrigin(landed, originOf({ model: options.model, onFallback: false }));
  const systemPrompt = [INSTRUCTIONS, task.instructions].filter(Boolean).join('\n\n');
  const messages = agentPrompt({ systemPrompt, history: [], prose: task.task, iterations }, deps.prompt);
  const tools = offered.map(({ name, description, parameters }) => ({ name, description, parameters }));
  const said = iterations.reduce((units, { text, calls }) => units + text.length + lengthOf(calls), 0);
  return { request: { ...options, messages, tools }, provider, offered, said };
}

/** Reports how a call ended. */
async function reported(watch: CallWatch, signal: AbortSignal, call: () => ReturnType<typeof receiveAll>) {
  try {
    const said = await call();
    watch.ended({ outcome: 'done', usage: said.usage, reason: said.reason });
    return said;
  } catch (error) {
    const code = error instanceof TurnFailure ? error.code : 'internal';
    watch.ended(signal.aborted ? { outcome: 'stopped' } : { outcome: 'failed', code, cause: error });
    throw error;
  }
}

/** Reads a reply to its end. `received` is filled as it arrives. */
async function receiveAll(parts: AsyncIterable<ReplyPart>, { delta }: CallWatch, received: Received) {
  const calls: ToolCallRequest[] = [];
  const reasoning: ReceivedReasoning = { field: null, blocks: [] };
  for await (const part of parts) {
    if (part.type === 'delta') {
      delta();
      if (part.field) reasoning.field = part.field;
      received[part.channel] += part.text;
    } else if (part.type === 'text_was_thinking') moveTextToThinking(received);
    else if (part.type === 'tool_call') calls.push(toCallRequest(part));
    else if (part.type === 'reasoning') reasoning.blocks.push({ api: part.api, block: part.block });
    else if (part.type === 'finish') {
      const { model, reason, usage } = part;
      if (calls.length === 0) checkText(received, usage);
      return { ...received, calls, reasoning, model, reason, usage };
    }
  }
  throw new TurnFailure('stream_broken');
}

function moveTextToThinking(received: Received): void {
  received.thinking += received.text;
  received.text = '';
}

/** Throws the failure of a reply without text. */
function checkText({ text, thinking }: Received, usage: TokenUsage | null): void {
  if (text.trim() === '') throw new TurnFailure(thinking.trim() === '' ? 'empty_reply' : 'thought_only', { usage });
}

/** Null where the call has no valid task. */
export async function readTask(pool: Pool, key: CallKey): Promise<Task | null> {
  const { task, instructions } = ((await readCallArguments(pool, key)) ?? {}) as Partial<Record<keyof Task, unknown>>;
  if (typeof task !== 'string' || task.trim() === '') return null;
  return { task, instructions: typeof instructions === 'string' ? instructions : '' };
}

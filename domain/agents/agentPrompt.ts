import { type AttachedPart, fitAttachments, type PromptAttachment } from '../attachments/promptAttachments.js';
import { allowances, cut, measure, type PromptLimits } from '../text/tokenBudget.js';
import type { ChatMessage, Reasoning, ToolCallRequest } from './chatMessage.js';

/** A call with its result. `id` is the model's, `ownId` the service's. */
type PastCall = ToolCallRequest & { result: string; ownId?: string };

/** An earlier iteration of this turn: the model's text, its reasoning if the server wants it back, and its tool calls. */
export type PastIteration = { text: string; calls: PastCall[]; reasoning?: Reasoning; origin?: string };

/** What the prompt of an agent's next iteration is built from. */
export type AgentPromptInput = {
  systemPrompt: string;
  /** Messages of earlier turns, oldest first. */
  history: { role: 'user' | 'assistant'; text: string; attachments?: readonly PromptAttachment[] | undefined }[];
  /** The user's text of this turn, and what is attached to it. */
  prose: string;
  attachments?: readonly PromptAttachment[] | undefined;
  iterations: PastIteration[];
};

export const DEFAULT_SYSTEM_PROMPT =
  'You are a helpful assistant. Use the tools where they help, and answer in plain words once you know enough.';

/** Overhead of a message, in tokens. An estimate that is rather too high than too low. */
const MESSAGE_COST = 8;

/**
 * The prompt of an iteration. The messages of this turn fit into `hard`; reasoning and then results of tools are cut first
 * if necessary, the oldest first. Earlier turns fill what remains of `soft`; the oldest are left out first. Fields that a
 * server attached to calls are not counted: it refuses the calls without them.
 */
export function agentPrompt(input: AgentPromptInput, given: PromptLimits): ChatMessage[] {
  const said = [...input.history, input].map(({ attachments }) => attachments);
  const { parts, limits } = fitAttachments(said, given);
  const { iterations, cost: ofBlocks } = fitBlocks(input.iterations, limits.hard / 2);
  const fixed = [input.systemPrompt, input.prose, ...iterations.map(({ text }) => text)];
  const results = iterations.flatMap(({ calls }) => calls.map(({ result }) => result));
  const calls = iterations.flatMap((past) => past.calls.map((call) => call.arguments + call.name));
  const thoughts = iterations.flatMap(({ reasoning }) => (reasoning?.text ? [reasoning.text] : []));
  const overhead = MESSAGE_COST * (fixed.length + results.length + calls.length);
  const total = Math.max(0, limits.hard - overhead - ofBlocks - costOf(calls, limits));
  const texts = [...fixed, ...results.toReversed(), ...thoughts.toReversed()];
  const measured = texts.map((text) => measure(text, limits.countTokens, total));
  const allowed = allowances(
    measured.map(({ cost }) => cost),
    total,
  );
  const fitted = measured.map((part, n) => cut(part, allowed[n] ?? 0));
  const kept = fitted.map(({ text }) => text);
  const fixedTexts = kept.slice(0, fixed.length);
  const found = kept.slice(fixed.length, fixed.length + results.length).toReversed();
  const thought = kept.slice(fixed.length + results.length).toReversed();
  const room = Math.min(limits.soft, limits.hard) - (limits.hard - total) - sum(fitted.map(({ cost }) => cost));
  return [
    { role: 'system', content: fixedTexts[0] ?? '' },
    ...pastTurns(input.history, room, limits, parts),
    { role: 'user', content: fixedTexts[1] ?? '', ...attachedOf(parts.at(-1)) },
    ...messagesOfTurn(iterations, { texts: fixedTexts.slice(2), results: found, thoughts: thought }),
  ];
}

const UNITS_PER_TOKEN = 4;

/**
 * Leaves out the blocks of reasoning that do not fit into `most` tokens, the oldest first. A block is signed and can't be
 * cut. Most of it is encrypted, so its tokens are estimated by its length.
 */
function fitBlocks(iterations: PastIteration[], most: number): { iterations: PastIteration[]; cost: number } {
  let cost = 0;
  let isFull = false;
  const fitted = iterations.toReversed().map((past) => {
    if (!past.reasoning?.blocks.length) return past;
    const ofThese = JSON.stringify(past.reasoning.blocks).length / UNITS_PER_TOKEN;
    isFull ||= cost + ofThese > most;
    if (isFull) return { ...past, reasoning: { ...past.reasoning, blocks: [] } };
    cost += ofThese;
    return past;
  });
  return { iterations: fitted.toReversed(), cost: Math.ceil(cost) };
}

/** The cost of all texts. Stops counting beyond the hard limit, because a model decides how long they are. */
function costOf(texts: string[], { hard, countTokens }: PromptLimits): number {
  let cost = 0;
  for (const text of texts) {
    if (cost > hard) break;
    cost += measure(text, countTokens, hard - cost).cost;
  }
  return cost;
}

const sum = (costs: number[]) => costs.reduce((total, cost) => total + cost, 0);

const attachedOf = (attached: readonly AttachedPart[] = []) => (attached.length > 0 ? { attached } : {});

/** The newest messages of earlier turns that fit into `room` tokens. */
function pastTurns(
  history: AgentPromptInput['history'],
  room: number,
  { countTokens }: PromptLimits,
  parts: readonly AttachedPart[][],
): ChatMessage[] {
  const kept: ChatMessage[] = [];
  let left = room;
  for (const [n, { role, text }] of [...history.entries()].reverse()) {
    left -= measure(text, countTokens, Math.max(0, left)).cost + MESSAGE_COST;
    if (left < 0) break;
    kept.unshift({ role, content: text, ...attachedOf(parts[n]) });
  }
  return kept;
}

type FittedTexts = { texts: string[]; results: string[]; thoughts: string[] };

function messagesOfTurn(iterations: PastIteration[], { texts, results, thoughts }: FittedTexts): ChatMessage[] {
  let at = 0;
  let thoughtAt = 0;
  return iterations.flatMap(({ calls, reasoning: given }, n): ChatMessage[] => {
    const content = texts[n] ?? '';
    // A server that wants reasoning back refuses a message without any.
    const reasoning = given && { ...given, text: given.text && (thoughts[thoughtAt++] || '…') };
    if (calls.length === 0) return content ? [{ role: 'assistant', content }] : [];
    const toolCalls = calls.map(({ result: _, ownId: __, ...call }): ToolCallRequest => call);
    const answers = calls.map(
      ({ id }): ChatMessage => ({ role: 'tool', toolCallId: id, content: results[at++] ?? '' }),
    );
    return [{ role: 'assistant', content, toolCalls, ...(reasoning ? { reasoning } : {}) }, ...answers];
  });
}

import { type AttachedPart, fitAttachments, type PromptAttachment } from '../attachments/promptAttachments.js';
import { allowances, cut, measure, type PromptLimits } from '../text/tokenBudget.js';
import type { ChatMessage, Reasoning, ToolCallRequest } from './chatMessage.js';

/** A call with its result. `id` is the model's, `ownId` the service's. */
type PastCall = ToolCallRequest & { result: string; ownId?: string };

/** An earlier iteration of this turn: the model's text, its reasoning if the server wants it back, and its tool calls. */
export type PastIteration = { text: string; calls: PastCall[]; reasoning?: Reasoning; origin?: string };

/** A message of an earlier turn. One whose calls a client ran has its iterations, which replace its text. */
type HistoryLine = {
  role: 'user' | 'assistant';
  text: string;
  attachments?: readonly PromptAttachment[] | undefined;
  iterations?: PastIteration[] | undefined;
};

/** What the prompt of an agent's next iteration is built from. */
export type AgentPromptInput = {
  systemPrompt: string;
  /** Messages of earlier turns, oldest first. */
  history: HistoryLine[];
  /** The user's text of this turn, and what is attached to it. Empty if the turn only has outputs of a client's functions. */
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
 * server attached to calls are not counted: it refuses the calls without them. The reply before this turn counts as part of it
 * if it ends with calls that a client ran.
 */
export function agentPrompt(input: AgentPromptInput, given: PromptLimits): ChatMessage[] {
  const said = [...input.history, input].map(({ attachments }) => attachments);
  const { parts, limits } = fitAttachments(said, given);
  const asked = input.history.at(-1)?.iterations ?? [];
  const history = asked.length > 0 ? input.history.slice(0, -1) : input.history;
  const { iterations, cost: ofBlocks } = fitBlocks([...asked, ...input.iterations], limits.hard / 2);
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
  const messages = messagesOfIterations(iterations, { texts: fixedTexts.slice(2), results: found, thoughts: thought });
  const attached = attachedOf(parts.at(-1));
  const hasProse = input.prose !== '' || attached.attached !== undefined;
  return [
    { role: 'system', content: fixedTexts[0] ?? '' },
    ...pastTurns(history, room, limits, parts),
    ...messages.slice(0, asked.length).flat(),
    ...(hasProse ? [{ role: 'user' as const, content: fixedTexts[1] ?? '', ...attached }] : []),
    ...messages.slice(asked.length).flat(),
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

const attachedOf = (attached: readonly AttachedPart[] = []): { attached?: readonly AttachedPart[] } =>
  attached.length > 0 ? { attached } : {};

/** The newest messages of earlier turns that fit into `room` tokens. */
function pastTurns(
  history: AgentPromptInput['history'],
  room: number,
  { countTokens }: PromptLimits,
  parts: readonly AttachedPart[][],
): ChatMessage[] {
  const kept: ChatMessage[] = [];
  let left = room;
  for (const [n, { role, text, iterations }] of [...history.entries()].reverse()) {
    const texts = iterations ? iterations.flatMap(textsOf) : [text];
    for (const each of texts) left -= measure(each, countTokens, Math.max(0, left)).cost + MESSAGE_COST;
    if (left < 0) break;
    if (iterations) kept.unshift(...wholeIterations(iterations));
    else kept.unshift({ role, content: text, ...attachedOf(parts[n]) });
  }
  return kept;
}

const textsOf = ({ text, calls, reasoning }: PastIteration): string[] => [
  text,
  ...calls.flatMap((call) => [call.name + call.arguments, call.result]),
  ...(reasoning?.text ? [reasoning.text] : []),
];

function wholeIterations(iterations: PastIteration[]): ChatMessage[] {
  const texts = {
    texts: iterations.map(({ text }) => text),
    results: iterations.flatMap(({ calls }) => calls.map(({ result }) => result)),
    thoughts: iterations.flatMap(({ reasoning }) => (reasoning?.text ? [reasoning.text] : [])),
  };
  return messagesOfIterations(iterations, texts).flat();
}

type FittedTexts = { texts: string[]; results: string[]; thoughts: string[] };

/** By iteration, its messages. */
function messagesOfIterations(iterations: PastIteration[], { texts, results, thoughts }: FittedTexts): ChatMessage[][] {
  let at = 0;
  let thoughtAt = 0;
  return iterations.map(({ calls, reasoning: given }, n): ChatMessage[] => {
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

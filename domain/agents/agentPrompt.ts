import { allowances, cut, measure, type PromptLimits } from '../text/tokenBudget.js';
import type { ChatMessage, ToolCallRequest } from './chatMessage.js';

/** An earlier iteration of this turn: the model's text and its tool calls with their results. */
export type PastIteration = { text: string; calls: (ToolCallRequest & { result: string })[] };

/** What the prompt of an agent's next iteration is built from. */
export type AgentPromptInput = {
  systemPrompt: string;
  /** Messages of earlier turns, oldest first. */
  history: { role: 'user' | 'assistant'; text: string }[];
  /** The user's text of this turn. */
  prose: string;
  iterations: PastIteration[];
};

export const DEFAULT_SYSTEM_PROMPT =
  'You are a helpful assistant. Use the tools where they help, and answer in plain words once you know enough.';

/** Overhead of a message, in tokens. An estimate that is rather too high than too low. */
const MESSAGE_COST = 8;

/**
 * The prompt of an iteration. The messages of this turn fit into `hard`; results of tools are cut first if necessary.
 * Earlier turns fill what remains of `soft`; the oldest are left out first.
 */
export function agentPrompt(input: AgentPromptInput, limits: PromptLimits): ChatMessage[] {
  const fixed = [input.systemPrompt, input.prose, ...input.iterations.map(({ text }) => text)];
  const results = input.iterations.flatMap(({ calls }) => calls.map(({ result }) => result));
  const calls = input.iterations.flatMap((past) => past.calls.map((call) => call.arguments + call.name));
  const overhead = MESSAGE_COST * (fixed.length + results.length + calls.length);
  const total = Math.max(0, limits.hard - overhead - costOf(calls, limits));
  const texts = [...fixed, ...results.toReversed()];
  const measured = texts.map((text) => measure(text, limits.countTokens, total));
  const allowed = allowances(
    measured.map(({ cost }) => cost),
    total,
  );
  const fitted = measured.map((part, n) => cut(part, allowed[n] ?? 0));
  const kept = fitted.map(({ text }) => text);
  const said = kept.slice(0, fixed.length);
  const found = kept.slice(fixed.length).toReversed();
  const room = Math.min(limits.soft, limits.hard) - (limits.hard - total) - sum(fitted.map(({ cost }) => cost));
  return [
    { role: 'system', content: said[0] ?? '' },
    ...pastTurns(input.history, room, limits),
    { role: 'user', content: said[1] ?? '' },
    ...messagesOfTurn(input.iterations, said.slice(2), found),
  ];
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

/** The newest messages of earlier turns that fit into `room` tokens. */
function pastTurns(history: AgentPromptInput['history'], room: number, { countTokens }: PromptLimits): ChatMessage[] {
  const kept: ChatMessage[] = [];
  let left = room;
  for (const { role, text } of history.toReversed()) {
    left -= measure(text, countTokens, Math.max(0, left)).cost + MESSAGE_COST;
    if (left < 0) break;
    kept.unshift({ role, content: text });
  }
  return kept;
}

function messagesOfTurn(iterations: PastIteration[], texts: string[], results: string[]): ChatMessage[] {
  let at = 0;
  return iterations.flatMap(({ calls }, n): ChatMessage[] => {
    const content = texts[n] ?? '';
    if (calls.length === 0) return content ? [{ role: 'assistant', content }] : [];
    const toolCalls = calls.map(({ id, name, arguments: sent }) => ({ id, name, arguments: sent }));
    const answers = calls.map(
      ({ id }): ChatMessage => ({ role: 'tool', toolCallId: id, content: results[at++] ?? '' }),
    );
    return [{ role: 'assistant', content, toolCalls }, ...answers];
  });
}

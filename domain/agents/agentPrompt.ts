import { allowances, cut, measure, type PromptLimits } from '../text/tokenBudget.js';
import type { ChatMessage, ToolCallRequest } from './chatMessage.js';

/** A call of the model in this turn, and what came of the tools that it called. */
export type PastIteration = { text: string; calls: (ToolCallRequest & { result: string })[] };

/** What an agent's next iteration is made from. */
export type AgentPromptInput = {
  systemPrompt: string;
  /** What was said in earlier turns, oldest first. */
  history: { role: 'user' | 'assistant'; text: string }[];
  /** What the user asks for now. */
  prose: string;
  iterations: PastIteration[];
};

export const DEFAULT_SYSTEM_PROMPT =
  'You are a helpful assistant. Use the tools where they help, and answer in plain words once you know enough.';

/** What a message costs beyond its text, in tokens: an estimate to the safe side. */
const MESSAGE_COST = 8;

/**
 * The prompt of an iteration. The task, and what was done for it, are within `hard`, results of tools cut first if
 * need be; earlier turns fill up what `soft` leaves, the oldest going first.
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
    ...inThisTurn(input.iterations, said.slice(2), found),
  ];
}

/** What texts cost together, counted no further than to more than there is room for: a model chooses how long they are. */
function costOf(texts: string[], { hard, countTokens }: PromptLimits): number {
  let cost = 0;
  for (const text of texts) {
    if (cost > hard) break;
    cost += measure(text, countTokens, hard - cost).cost;
  }
  return cost;
}

const sum = (costs: number[]) => costs.reduce((total, cost) => total + cost, 0);

/** The newest that fit. */
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

function inThisTurn(iterations: PastIteration[], texts: string[], results: string[]): ChatMessage[] {
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

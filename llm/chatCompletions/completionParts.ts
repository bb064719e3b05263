import { TurnFailure } from '../../domain/log/failures.js';
import type { FinishReason, ReplyPart } from '../port.js';
import type { CompletionChunk } from './completionFrames.js';
import { toTokenUsage } from './completionUsage.js';
import { createToolCallDeltas } from './toolCallDeltas.js';

/** Assembles one completion from its chunks. */
export type Completion = {
  /** Adds a chunk. Gives its deltas, thinking first. */
  take(chunk: CompletionChunk): ReplyPart[];
  /** Whether the finish reason has arrived. Usage may follow. */
  readonly finished: boolean;
  /** The tool calls and the last part. Throws `stream_broken` without a finish reason. */
  finish(): ReplyPart[];
};

/** Finish reasons of other servers, beside OpenAI's four. */
const otherReasons: Record<string, FinishReason> = {
  function_call: 'tool_calls',
  max_tokens: 'length',
};
const brokenReasons = new Set(['error', 'abort', 'aborted', 'cancelled']);

export function createCompletion(requestedModel: string): Completion {
  let model = requestedModel;
  let reason: FinishReason | undefined;
  let usage: unknown;
  const calls = createToolCallDeltas();
  return {
    take(chunk) {
      model = chunk.model || model;
      usage = chunk.usage ?? usage;
      // Only one choice is requested. Other choices are ignored.
      const choice = chunk.choices?.find(({ index }) => !index);
      if (!choice) return [];
      if (choice.finish_reason) reason = toFinishReason(choice.finish_reason);
      const { tool_calls, function_call } = choice.delta ?? {};
      if (tool_calls) calls.take(tool_calls);
      if (function_call) calls.take([{ index: 0, function: function_call }]);
      return deltas(choice.delta);
    },
    get finished() {
      return reason !== undefined;
    },
    finish() {
      if (!reason) throw new TurnFailure('stream_broken');
      const asked = calls.calls().map((call): ReplyPart => ({ type: 'tool_call', ...call }));
      // Some servers send `stop` together with tool calls.
      const ended = asked.length > 0 && reason === 'stop' ? 'tool_calls' : reason;
      return [...asked, { type: 'finish', reason: ended, usage: toTokenUsage(usage, model), model }];
    },
  };
}

type Delta = NonNullable<CompletionChunk['choices']>[number]['delta'];

function deltas(delta: Delta): ReplyPart[] {
  const parts: ReplyPart[] = [];
  // Some servers send the same thinking under both names.
  const thinking = delta?.reasoning_content || delta?.reasoning;
  const field = delta?.reasoning_content ? { field: 'reasoning_content' as const } : {};
  if (thinking) parts.push({ type: 'delta', channel: 'thinking', text: thinking, ...field });
  if (delta?.content) parts.push({ type: 'delta', channel: 'text', text: delta.content });
  return parts;
}

/** The finish reason. An unknown one ends the reply like `stop`. Throws `provider_error` for one that means an error. */
function toFinishReason(word: string): FinishReason {
  if (brokenReasons.has(word)) throw new TurnFailure('provider_error');
  if (word === 'stop' || word === 'length' || word === 'content_filter' || word === 'tool_calls') return word;
  return otherReasons[word] ?? 'stop';
}

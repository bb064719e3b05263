import type { TokenUsage } from '../../domain/turns/turn.js';
import { createEventReader, isDone } from '../http/eventReader.js';
import type { FinishReason } from '../port.js';
import { parseFrames } from './completionFrames.js';
import { createCompletion } from './completionParts.js';

export type Answer = { text: string; thinking: string; reason: FinishReason | null; usage: TokenUsage | null };

/** Whether the body is a stream of events, which some servers send although none was requested. */
export const isStreamed = (body: string): boolean => /^\s*(data|event|id)?:/.test(body.slice(0, 1_000));

/** The answer in a whole stream of events. Throws what `parseFrames` and `createCompletion` throw. */
export function readStreamedAnswer(body: string, model: string): Answer {
  const reader = createEventReader({ bareJson: true });
  const completion = createCompletion({ model, mayLackReason: true });
  const answer: Answer = { text: '', thinking: '', reason: null, usage: null };
  const events = [...reader.push(new TextEncoder().encode(body)), ...reader.end()];
  const isWhole = events.some(({ data }) => isDone(data));
  const frames = events.filter(({ data }) => !isDone(data)).flatMap(parseFrames);
  const parts = frames.flatMap((frame) => [...completion.take(frame)]);
  for (const part of [...parts, ...completion.heldBack(), ...completion.finish(isWhole ? 'done' : 'closed')]) {
    if (part.type === 'delta') answer[part.channel] += part.text;
    if (part.type === 'text_was_thinking') [answer.thinking, answer.text] = [answer.thinking + answer.text, ''];
    if (part.type === 'finish') [answer.reason, answer.usage] = [part.reason, part.usage];
  }
  return answer;
}

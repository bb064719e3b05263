import type { Channel } from '../../../domain/log/frames.js';
import type { ReplyPart, ReplyProvider, ReplyRequest } from '../../../llm/port.js';
import { preciseNow } from './scriptedReply.js';

export type CollectedReply = {
  calls: { id: string; name: string; arguments: string }[];
  text: string;
  thinking: string;
  deltas: { channel: Channel; text: string; at: number }[];
  finish: Extract<ReplyPart, { type: 'finish' }> | undefined;
  /** What the iteration threw. */
  error: unknown;
};

export const someRequest: ReplyRequest = {
  model: 'gpt-4.1',
  messages: [{ role: 'user', content: 'Good evening.' }],
  requestId: 'turn_1/reply:0/1',
};

/** Reads a reply to its end or to its failure, and keeps what came before it. */
export async function collectReply(
  provider: ReplyProvider,
  options: { request?: ReplyRequest; signal?: AbortSignal; silenceMs?: number; onDelta?: (text: string) => void } = {},
): Promise<CollectedReply> {
  const { request = someRequest, signal = new AbortController().signal, silenceMs = 30_000, onDelta } = options;
  const reply: CollectedReply = { text: '', thinking: '', deltas: [], calls: [], finish: undefined, error: undefined };
  try {
    for await (const part of provider.streamReply(request, { signal, silenceMs })) {
      if (part.type === 'finish') {
        reply.finish = part;
        continue;
      }
      if (part.type === 'text_was_thinking') [reply.thinking, reply.text] = [reply.thinking + reply.text, ''];
      if (part.type !== 'delta' && part.type !== 'tool_call') continue;
      if (part.type === 'tool_call') {
        reply.calls.push({ id: part.id, name: part.name, arguments: part.arguments });
        continue;
      }
      reply[part.channel] += part.text;
      reply.deltas.push({ channel: part.channel, text: part.text, at: preciseNow() });
      onDelta?.(part.text);
    }
  } catch (error) {
    reply.error = error;
  }
  return reply;
}

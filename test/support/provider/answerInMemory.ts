import type { ServerFields, ToolCallRequest } from '../../../domain/agents/chatMessage.js';
import type { FinishReason, ReplyPart } from '../../../llm/port.js';
import { createSilenceClock, type SilenceClock } from '../../../llm/silenceClock.js';

export type AnswerOptions = {
  contentType?: string;
  /** Offsets in bytes at which a new piece begins. */
  cuts?: number[];
  /** How the body ends: in order, by a broken connection, or not at all. */
  ends?: 'in order' | 'broken' | 'never';
  /** Breaks a body that never ends. */
  signal?: AbortSignal;
};

/** An answer of status 200 with this body, without a network. */
export function answerOf(body: string | Uint8Array, options: AnswerOptions = {}): Response {
  const { contentType = 'text/event-stream', cuts = [], ends = 'in order', signal } = options;
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const pieces = edges.slice(1).map((to, n) => bytes.slice(edges[n], to));
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
    pull(controller) {
      const piece = pieces.shift();
      if (piece) return controller.enqueue(piece);
      if (ends === 'in order') controller.close();
      if (ends === 'broken') controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    },
  });
  return new Response(stream, { headers: { 'content-type': contentType } });
}

export type ReadReply = {
  text: string;
  thinking: string;
  calls: ToolCallRequest[];
  blocks: ServerFields[];
  reason: FinishReason | undefined;
  finish: Extract<ReplyPart, { type: 'finish' }> | undefined;
  /** What the reading threw. */
  error: unknown;
};

/** Reads parts to their end or to a failure. */
export async function collectParts(
  read: (clock: SilenceClock) => AsyncIterable<ReplyPart>,
  silenceMs = 30_000,
): Promise<ReadReply> {
  const clock = createSilenceClock({ signal: new AbortController().signal, silenceMs });
  const reply: ReadReply = {
    ...{ text: '', thinking: '', calls: [], blocks: [] },
    ...{ reason: undefined, finish: undefined, error: undefined },
  };
  try {
    for await (const part of read(clock)) {
      if (part.type === 'delta') reply[part.channel] += part.text;
      if (part.type === 'text_was_thinking') [reply.thinking, reply.text] = [reply.thinking + reply.text, ''];
      if (part.type === 'reasoning') reply.blocks.push(part.block);
      if (part.type === 'finish') [reply.reason, reply.finish] = [part.reason, part];
      if (part.type !== 'tool_call') continue;
      const { type: _, ...call } = part;
      reply.calls.push(call);
    }
  } catch (error) {
    reply.error = error;
  } finally {
    clock.end();
  }
  return reply;
}

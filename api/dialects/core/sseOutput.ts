import type { Response } from 'express';
import type { Mark } from '../../../domain/marks/mark.js';
import { createPacedSink } from '../../../viewers/sinks/pacedSink.js';
import { breakResponse } from '../../http/breakResponse.js';
import type { MarkOutput } from './followTurn.js';

/** Milliseconds between comments, so that no proxy closes a silent stream. */
const keepAliveMs = 15_000;
/** Milliseconds that a client has to read the rest of a response that was ended, before the connection is cut. */
const lingerMs = 30_000;

const headers = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

/** One message of server-sent events. JSON has no line breaks, so it is one `data:` line. */
export type SseMessage = { event?: string; data: unknown };

/** The messages of a dialect for marks, in order. */
export type MarkEncoder = (marks: readonly Mark[]) => SseMessage[];

export const doneMessage: SseMessage = { data: '[DONE]' };

export const toBytes = ({ event, data }: SseMessage): string =>
  `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/**
 * A response as server-sent events. Its head is sent with the first marks: until then a refusal has a status of its own. A
 * stream that does not reach its end breaks: many clients take an orderly end for the end of the reply.
 */
export function createSseOutput(response: Response, encode: MarkEncoder, last: readonly SseMessage[]): MarkOutput {
  const sink = createPacedSink<readonly SseMessage[]>({
    parts: (messages) => [Buffer.from(messages.map(toBytes).join(''))],
    write: (bytes, _last, done) => void response.write(bytes, done),
    pendingBytes: () => response.writableLength,
    close: () => breakResponse(response),
  });
  response.once('close', sink.ended);
  response.on('error', sink.ended);

  function open() {
    response.writeHead(200, headers);
    response.flushHeaders();
    const keepAlive = setInterval(() => {
      // Only between messages: a comment within one would corrupt it.
      if (sink.bufferedBytes() === 0 && !sink.closed) response.write(': keep-alive\n\n');
    }, keepAliveMs);
    sink.onClosed(() => clearInterval(keepAlive));
  }

  return {
    get closed() {
      return sink.closed;
    },
    bufferedBytes: sink.bufferedBytes,
    drained: sink.drained,
    onClosed: sink.onClosed,
    close: sink.close,
    send(marks) {
      if (sink.closed) return;
      if (!response.headersSent) open();
      const messages = encode(marks);
      if (messages.length > 0) sink.send(messages);
    },
    end() {
      if (last.length > 0) sink.send(last);
      void sink.drained().then(() => {
        response.end();
        const cut = setTimeout(() => response.destroy(), lingerMs);
        response.once('close', () => clearTimeout(cut));
      });
    },
  };
}

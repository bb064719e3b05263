import { TurnFailure } from '../../domain/log/failures.js';
import { createTokenCounter, MAX_JSON_TOKENS } from '../../domain/text/boundedJson.js';

/** Of a refusal, in bytes: no error object is longer. */
const MAX_REFUSAL = 64 * 1024;
/** Of an answer that is read whole, and of one event of a stream, in bytes. */
export const MAX_WHOLE = 16 * 1024 * 1024;

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * The `fetch` that every client library is given: what another server sends is never read without a bound, however
 * well it is compressed. Of a refusal the first `MAX_REFUSAL` bytes are read; an answer, or an event of a stream, that
 * is longer than `MAX_WHOLE`, or as JSON would take long to parse, breaks off with `reply_too_large`. `ownReader`: streams of events are read by a reader of
 * ours, which has its own bound.
 */
export function createBoundedFetch(
  fetch: Fetch = globalThis.fetch,
  { ownReader = false }: { ownReader?: boolean } = {},
): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    const { body, status } = response;
    if (!body) return response;
    if (!response.ok) return withBody(response, status < 200 ? body : bounded(body, createCut(MAX_REFUSAL)));
    if (!isEvents(response)) return withBody(response, bounded(body, createWholeGuard(MAX_WHOLE)));
    return ownReader ? response : withBody(response, bounded(body, createEventGuard(MAX_WHOLE)));
  };
}

/** Anything that is not said to be something else may be a stream of events: there are servers that say nothing. */
const isEvents = ({ headers }: Response): boolean => !/json|html|xml/i.test(headers.get('content-type') ?? '');

/** The same answer with another body, whose length is no longer the one in its headers. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  headers.delete('content-encoding');
  const { status, statusText, url } = response;
  return Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', { value: url });
}

/** What is passed on of a piece. `last`: nothing more is read, and the connection is given up. Throws to break off. */
type Guard = (piece: Uint8Array) => { piece: Uint8Array; last: boolean };

function bounded(body: ReadableStream<Uint8Array>, guard: Guard): ReadableStream<Uint8Array> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const giveUp = (reason?: unknown) => reader.cancel(reason).catch(() => undefined);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      try {
        const { piece, last } = guard(value);
        controller.enqueue(piece);
        if (!last) return;
        controller.close();
        void giveUp();
      } catch (error) {
        void giveUp(error);
        throw error;
      }
    },
    cancel: giveUp,
  });
}

function createCut(max: number): Guard {
  let left = max;
  return (piece) => {
    const kept = piece.subarray(0, left);
    left -= kept.length;
    return { piece: kept, last: left === 0 };
  };
}

/** Counts the tokens as well: who reads the answer parses it at once. */
function createWholeGuard(max: number): Guard {
  const count = createTokenCounter();
  let left = max;
  return (piece) => {
    left -= piece.length;
    let tokens = 0;
    for (const byte of piece) tokens = count(byte);
    if (left < 0 || tokens > MAX_JSON_TOKENS) throw new TurnFailure('reply_too_large');
    return { piece, last: false };
  };
}

const LF = 10;
const CR = 13;

/** Counts what has come since the last blank line, which ends an event. */
function createEventGuard(max: number): Guard {
  let count = createTokenCounter();
  let size = 0;
  let tokens = 0;
  let before = 0;
  let lineIsEmpty = true;
  return (piece) => {
    for (const byte of piece) {
      size += 1;
      tokens = count(byte);
      // the second half of a line's end is none of its own
      if (byte === CR || (byte === LF && before !== CR)) {
        if (lineIsEmpty) [size, tokens, count] = [0, 0, createTokenCounter()];
        lineIsEmpty = true;
      } else if (byte !== LF) lineIsEmpty = false;
      before = byte;
    }
    if (size > max || tokens > MAX_JSON_TOKENS) throw new TurnFailure('reply_too_large');
    return { piece, last: false };
  };
}

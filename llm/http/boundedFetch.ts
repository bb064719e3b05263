import { TurnFailure } from '../../domain/log/failures.js';
import { createTokenCounter, MAX_JSON_TOKENS } from '../../domain/text/boundedJson.js';

/** The part of a refusal that is read, in bytes. No error object is longer. */
const MAX_REFUSAL = 64 * 1024;
/** The largest answer that is read whole, and the largest event of a stream, in bytes. */
export const MAX_WHOLE = 16 * 1024 * 1024;

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` for client libraries that limits what is read of an answer, also of a compressed one. Reads the first
 * `MAX_REFUSAL` bytes of a refusal. Fails with `reply_too_large` when an answer, or an event of a stream, is larger than
 * `MAX_WHOLE` or has too many JSON tokens. `ownReader`: event streams are read by `eventReader.ts`, which has its own limit.
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

/** Whether the answer may be a stream of events or lines: some servers send no content type. */
const isEvents = ({ headers }: Response): boolean => {
  const type = headers.get('content-type') ?? '';
  return /ndjson|jsonl|json-seq/i.test(type) || !/json|html|xml/i.test(type);
};

/** The same answer with another body, without the headers of the old body's length. */
function withBody(response: Response, body: ReadableStream<Uint8Array>): Response {
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  headers.delete('content-encoding');
  const { status, statusText, url } = response;
  return Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', { value: url });
}

/** Gives the part of a piece that is passed on. `last`: the rest is not read. Throws when the limit is exceeded. */
type Guard = (piece: Uint8Array) => { piece: Uint8Array; last: boolean };

function bounded(body: ReadableStream<Uint8Array>, guard: Guard): ReadableStream<Uint8Array> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const abandon = (reason?: unknown) => reader.cancel(reason).catch(() => undefined);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      try {
        const { piece, last } = guard(value);
        controller.enqueue(piece);
        if (!last) return;
        controller.close();
        void abandon();
      } catch (error) {
        void abandon(error);
        throw error;
      }
    },
    cancel: abandon,
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

/** Limits bytes and JSON tokens: the answer is parsed in one step. */
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

/** Limits bytes and JSON tokens since the last blank line, which ends an event. */
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
      // LF after CR belongs to the same line end.
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

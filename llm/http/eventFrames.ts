import { TurnFailure } from '../../domain/log/failures.js';
import { isHtml } from '../errors/errorBody.js';
import { checkHasContent, notAnApi } from '../errors/providerFailures.js';
import { MAX_STREAM } from '../replyLimits.js';
import type { SilenceClock } from '../silenceClock.js';
import { createEventReader, isDone, type SentEvent } from './eventReader.js';
import { readJsonBody } from './jsonBody.js';
import { isEventStream, type NextPiece, readPiece } from './readPiece.js';

/** The longest wait for the end of the body after `[DONE]`, in milliseconds. Then the connection is not kept. */
const BODY_END_WAIT_MS = 1_000;

/**
 * Each event up to the end of the body, or up to and with `[DONE]`. Also reads the answer of a server that does not stream:
 * JSON is one event. `graceMs`: how long the end is waited for, once the reply is complete. Throws `provider_not_an_api`
 * for a page, or for JSON of another kind of server.
 */
export async function* readEvents(
  response: Response,
  clock: SilenceClock,
  graceMs: () => number | undefined,
  isLast = isDone,
): AsyncGenerator<SentEvent> {
  checkHasContent(response);
  if (!response.body) throw new TurnFailure('stream_broken');
  const body: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  let size = 0;
  const next: NextPiece = async () => {
    const { done, value } = await clock.waitFor(readPiece(body), graceMs());
    size += value?.length ?? 0;
    if (size > MAX_STREAM) throw new TurnFailure('reply_too_large');
    return done ? null : value;
  };
  const keepAlive = () => {
    if (graceMs() === undefined) clock.keepAlive();
  };
  const { first, kind } = await readBeginning(next, keepAlive, response);
  if (kind === 'json') return yield* readJsonBody(first, next, keepAlive, response);
  const reader = createSentEvents(keepAlive, response);
  for (let piece: Uint8Array | null = first; ; piece = await next()) {
    for (const event of reader.take(piece)) {
      if (event.data.trim() === '') {
        keepAlive();
        continue;
      }
      clock.restart();
      const ends = isLast(event.data);
      if (ends) clock.detach(body, BODY_END_WAIT_MS);
      yield event;
      if (ends) return;
    }
    if (piece === null) return first === null ? undefined : reader.checkEnd();
  }
}

/** The part of an answer before its first character that is no white space, in bytes. */
const MAX_LEAD = 64 * 1024;

/**
 * Reads up to the first character, which tells events from JSON. An answer with the content type of a stream comes from
 * the API; a gateway's page inside it is a broken stream.
 */
async function readBeginning(next: NextPiece, keepAlive: () => void, { status, headers }: Response) {
  const contentType = headers.get('content-type');
  const decoder = new TextDecoder();
  const pieces: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const piece = await next();
    if (piece === null) return { first: null, kind: 'events' };
    pieces.push(piece);
    size += piece.length;
    const text = decoder.decode(piece, { stream: true }).trimStart();
    if (text === '' && size < MAX_LEAD) {
      keepAlive();
      continue;
    }
    if (!isEventStream(contentType) && text.startsWith('<')) throw notAnApi(status);
    return { first: Buffer.concat(pieces), kind: /^[[{]/.test(text) ? 'json' : 'events' };
  }
}

/** Reads the events of the pieces of a body; null is its end. */
function createSentEvents(keepAlive: () => void, { status, headers }: Response) {
  const contentType = headers.get('content-type');
  let hasComment = false;
  let hasEvents = false;
  const reader = createEventReader({
    onComment: () => {
      hasComment = true;
    },
    bareJson: true,
  });
  return {
    take(piece: Uint8Array | null): SentEvent[] {
      const events = piece === null ? reader.end() : reader.push(piece);
      if (events.length === 0 && piece !== null && (hasComment || isBlank(piece))) keepAlive();
      hasComment = false;
      if (events.length > 0) hasEvents = true;
      return events;
    },
    /** Throws `provider_not_an_api` where a body of text had no event. */
    checkEnd(): void {
      const isText = isHtml('', contentType) || /^\s*text\/(?!event-stream)/i.test(contentType ?? '');
      if (!hasEvents && isText) throw notAnApi(status);
    },
  };
}

/** Some servers send empty lines to keep the connection open. */
const isBlank = (piece: Uint8Array): boolean => piece.every((byte) => byte === 10 || byte === 13 || byte === 32);

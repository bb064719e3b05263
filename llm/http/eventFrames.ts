import { TurnFailure } from '../../domain/log/failures.js';
import { isHtml } from '../errors/errorBody.js';
import { notAnApi } from '../errors/providerFailures.js';
import { MAX_STREAM } from '../replyLimits.js';
import type { SilenceClock } from '../silenceClock.js';
import { createEventReader } from './eventReader.js';
import { readPiece } from './readPiece.js';

/** The longest wait for usage, which may follow the finish reason, in milliseconds: the reply is complete by then. */
const USAGE_WAIT_MS = 3_000;
/** The longest wait for the end of the body after `[DONE]`, in milliseconds. Then the connection is not kept. */
const BODY_END_WAIT_MS = 1_000;

/** The data of each event up to `[DONE]` or the end of the body. */
export async function* readFrames(
  response: Response,
  clock: SilenceClock,
  isFinished: () => boolean,
): AsyncGenerator<string> {
  if (!response.body) throw new TurnFailure('stream_broken');
  const body: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const reader = createEventReader();
  const beginning = createBeginning(response);
  let size = 0;
  for (;;) {
    const { done, value } = await clock.waitFor(readPiece(body), isFinished() ? USAGE_WAIT_MS : undefined);
    size += value?.length ?? 0;
    if (size > MAX_STREAM) throw new TurnFailure('reply_too_large');
    const events = done ? reader.end() : reader.push(value);
    if (events.length === 0) beginning.check(value, done);
    for (const { data } of events) {
      clock.restart();
      beginning.isStream();
      if (data === '[DONE]') return clock.detach(body, BODY_END_WAIT_MS);
      yield data;
    }
    if (done) return;
  }
}

/** The part of an answer without events that is examined, in bytes. */
const MAX_BEGINNING = 64 * 1024;

/**
 * Examines the beginning of an answer until its first event, to detect an answer that is no stream of events. An answer
 * with the content type of a stream comes from the API; a gateway's page inside it is a broken stream.
 */
function createBeginning({ status, headers }: Response) {
  const contentType = headers.get('content-type');
  const decoder = new TextDecoder();
  let text: string | null = /event-stream/i.test(contentType ?? '') ? null : '';
  return {
    /** Throws `provider_not_an_api` for an HTML page, and for a complete body that is not of such an API. */
    check(value: Uint8Array | undefined, done: boolean): void {
      if (text === null) return;
      if (value && text.length < MAX_BEGINNING) text += decoder.decode(value, { stream: true });
      if (isHtml(text, contentType) || (done && isForeign(text, contentType))) throw notAnApi(status);
    },
    isStream(): void {
      text = null;
    },
  };
}

/** A text whose type is not that of a stream, or JSON that is neither an answer of the API nor an error. */
function isForeign(text: string, contentType: string | null): boolean {
  if (text.trim() === '') return false;
  try {
    const json: unknown = JSON.parse(text);
    const known = ['choices', 'output', 'error', 'object'];
    return typeof json !== 'object' || json === null || !known.some((name) => name in json);
  } catch {
    return /^\s*text\/(?!event-stream)/i.test(contentType ?? '');
  }
}

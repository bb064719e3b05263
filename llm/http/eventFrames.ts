import { TurnFailure } from '../../domain/log/failures.js';
import { createFrameReader } from '../chatCompletions/completionFrames.js';
import { isHtml } from '../errors/errorBody.js';
import { notAnApi } from '../errors/providerFailures.js';
import { MAX_STREAM } from '../replyLimits.js';
import type { SilenceClock } from '../silenceClock.js';
import { readPiece } from './readPiece.js';

/** Usage comes after the finish reason, if at all. A reply that is whole does not wait longer for it. */
const USAGE_WAIT_MS = 3_000;
/** What follows `[DONE]` is the end of the body. A connection on which it does not come is not kept. */
const BODY_END_WAIT_MS = 1_000;

/** The data of each event up to `[DONE]` or the end of the body. */
export async function* readFrames(
  response: Response,
  clock: SilenceClock,
  isFinished: () => boolean,
): AsyncGenerator<string> {
  if (!response.body) throw new TurnFailure('stream_broken');
  const body: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const reader = createFrameReader();
  const beginning = createBeginning(response);
  let size = 0;
  for (;;) {
    const { done, value } = await clock.waitFor(readPiece(body), isFinished() ? USAGE_WAIT_MS : undefined);
    size += value?.length ?? 0;
    if (size > MAX_STREAM) throw new TurnFailure('reply_too_large');
    const frames = done ? reader.end() : reader.push(value);
    if (frames.length === 0) beginning.check(value, done);
    for (const frame of frames) {
      clock.heard();
      beginning.isStream();
      if (frame === '[DONE]') return clock.leave(body, BODY_END_WAIT_MS);
      yield frame;
    }
    if (done) return;
  }
}

/** Of an answer without events, this much is looked at, in bytes. */
const MAX_BEGINNING = 64 * 1024;

/**
 * What an answer begins with, as long as no event has come: an answer that is no stream says so there. One that claims
 * to be a stream comes from the API; a gateway's page inside it is a stream that broke.
 */
function createBeginning({ status, headers }: Response) {
  const contentType = headers.get('content-type');
  const decoder = new TextDecoder();
  let text: string | null = /event-stream/i.test(contentType ?? '') ? null : '';
  return {
    /** Throws `provider_not_an_api` for a page, and for a whole body that is another server's. */
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

/** A text that claims to be no stream of events, or JSON that is neither an answer of the API nor an error. */
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

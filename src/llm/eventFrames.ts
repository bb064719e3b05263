import { TurnFailure } from '../domain/failures.js';
import { createFrameReader } from './completionFrames.js';
import { readPiece } from './readPiece.js';
import type { SilenceClock } from './silenceClock.js';

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
  for (;;) {
    const { done, value } = await clock.waitFor(readPiece(body), isFinished() ? USAGE_WAIT_MS : undefined);
    for (const frame of done ? reader.end() : reader.push(value)) {
      clock.heard();
      if (frame === '[DONE]') return clock.leave(body, BODY_END_WAIT_MS);
      yield frame;
    }
    if (done) return;
  }
}

import { type FailureCode, TurnFailure } from '../../domain/log/failures.js';
import { checkHasContent } from '../errors/providerFailures.js';
import type { SilenceClock } from '../silenceClock.js';
import { readPiece } from './readPiece.js';

/**
 * Reads a body as text. Throws `tooLarge` beyond `max` bytes, `provider_not_an_api` for a status without a body, and what
 * `clock.waitFor` throws.
 */
export async function readWhole(
  response: Response,
  clock: SilenceClock,
  max: number,
  tooLarge: FailureCode = 'reply_too_large',
): Promise<string> {
  checkHasContent(response);
  const text = new TextDecoder();
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  let read = '';
  for (let size = 0; reader; ) {
    const { done, value } = await clock.waitFor(readPiece(reader)).catch((error: unknown) => {
      throw isTooLarge(error) ? new TurnFailure(tooLarge) : error;
    });
    if (done) break;
    size += value.length;
    if (size > max) throw new TurnFailure(tooLarge);
    read += text.decode(value, { stream: true });
  }
  return read + text.decode();
}

/** Thrown by the smaller limit of `createBoundedFetch`. */
const isTooLarge = (error: unknown) => error instanceof TurnFailure && error.code === 'reply_too_large';

import { TurnFailure } from '../../domain/log/failures.js';
import { fromBrokenStream } from '../errors/providerFailures.js';

/** Reads the next bytes of a body. Throws `stream_broken` when the connection breaks. */
export async function readPiece(body: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await body.read();
  } catch (error) {
    throw error instanceof TurnFailure ? error : fromBrokenStream(error);
  }
}

/** Reads the next piece of a body; null at its end. */
export type NextPiece = () => Promise<Uint8Array | null>;

export const isEventStream = (contentType: string | null): boolean => /event-stream/i.test(contentType ?? '');

import { TurnFailure } from '../domain/failures.js';
import { fromBrokenStream } from './providerFailures.js';

/** The next bytes of a body. A connection that breaks meanwhile is a broken stream. */
export async function readPiece(body: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await body.read();
  } catch (error) {
    throw error instanceof TurnFailure ? error : fromBrokenStream(error);
  }
}

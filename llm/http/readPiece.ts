import { TurnFailure } from '../../domain/log/failures.js';
import { fromBrokenStream } from '../errors/providerFailures.js';

/** The next bytes of a body. A connection that breaks meanwhile is a broken stream. */
export async function readPiece(body: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await body.read();
  } catch (error) {
    throw error instanceof TurnFailure ? error : fromBrokenStream(error);
  }
}

import type { ReplyPart } from './port.js';

/**
 * Waits for the first part of a reply, and gives all parts. So a failure before any part is thrown here, and another request
 * may still be made.
 */
export async function begunParts(parts: AsyncGenerator<ReplyPart>): Promise<AsyncGenerator<ReplyPart>> {
  const first = await parts.next();
  return (async function* () {
    try {
      if (first.done) return;
      yield first.value;
      yield* parts;
    } finally {
      await parts.return(undefined);
    }
  })();
}

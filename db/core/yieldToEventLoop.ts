/** How many rows or events are processed at once: a few milliseconds of work. */
export const CHUNK_SIZE = 5_000;

/** Lets what else waits for the event loop run before long work continues. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A list in chunks of at most `CHUNK_SIZE`. Yields to the event loop before each. */
export async function* chunksOf<T>(items: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += CHUNK_SIZE) {
    await yieldToEventLoop();
    yield items.slice(at, at + CHUNK_SIZE);
  }
}

/** Rows or events that are processed without yielding: a few milliseconds of work. */
export const CHUNK_SIZE = 5_000;

/** Lets other pending work of the event loop run before long work continues. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Yields a list in chunks of at most `CHUNK_SIZE` items. Lets the event loop run before each. */
export async function* chunksOf<T>(items: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += CHUNK_SIZE) {
    await yieldToEventLoop();
    yield items.slice(at, at + CHUNK_SIZE);
  }
}

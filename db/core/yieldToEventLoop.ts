/** Rows or events that are processed without yielding: a few milliseconds of work. */
export const CHUNK_SIZE = 5_000;

/** Lets other pending work of the event loop run before long work continues. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

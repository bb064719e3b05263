/** The delay before the first retry, and the longest one, in milliseconds. */
export type Backoff = { firstMs: number; maxMs: number };

/**
 * The delay after `failures` consecutive failures, in milliseconds. It doubles with each failure up to `maxMs`. It is
 * multiplied by 0.5 to 1.5, so that clients that failed together do not reconnect together. `random` is in [0, 1).
 */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, random = Math.random()): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, 20)) * (0.5 + random);
}

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}

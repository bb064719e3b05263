/**
 * Paces retries that come at any rate: each call gives a delay from now, in milliseconds, so that two retries are at
 * least `everyMs()` apart. No delay is longer than `maxMs`; retries beyond that may coincide.
 */
export function createRetryPacer(everyMs: () => number, maxMs: number, now = () => performance.now()): () => number {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    last = Math.min(Math.max(now() + 1, last + everyMs()), now() + maxMs);
    return Math.ceil(last - now());
  };
}

/**
 * Spaces out what comes at any rate: each call gives how long to wait from now, in milliseconds, so that no two are due
 * within `everyMs` of each other, and none later than `longestMs`.
 */
export function createSpacing(everyMs: number, longestMs: number, now = () => performance.now()): () => number {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    last = Math.min(Math.max(now() + 1, last + everyMs), now() + longestMs);
    return Math.ceil(last - now());
  };
}

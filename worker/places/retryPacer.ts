/**
 * Paces retries that come at any rate: each call gives a delay from now, in milliseconds, so that two retries of one owner
 * are at least `everyMs(owner)` apart, and those of all owners that have some to come `leastMs` on average. No delay is
 * longer than `maxMs`; retries beyond that may coincide.
 */
export function createRetryPacer(
  { everyMs, leastMs, maxMs }: { everyMs: (owner: string) => number; leastMs: number; maxMs: number },
  now = () => performance.now(),
): (owner: string) => number {
  /** When the last retry of an owner comes. */
  const lasts = new Map<string, number>();
  return (owner) => {
    const last = lasts.get(owner) ?? Number.NEGATIVE_INFINITY;
    for (const [each, at] of lasts) if (at <= now()) lasts.delete(each);
    const busy = lasts.size + (lasts.has(owner) ? 0 : 1);
    const next = Math.min(Math.max(now() + 1, last + Math.max(everyMs(owner), leastMs * busy)), now() + maxMs);
    lasts.set(owner, next);
    return Math.ceil(next - now());
  };
}

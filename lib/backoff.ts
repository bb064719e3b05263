/** Milliseconds to wait before the next try: doubling from `firstMs` to `maxMs`, spread so that many don't return at once. */
export function backoffMs(tries: number, firstMs = 50, maxMs = 1_000): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(tries, 20));
  return full * (0.5 + Math.random() / 2);
}

/** The pause before the next try, in milliseconds: doubles from `firstMs` to `maxMs`, with jitter of up to a half. */
export function backoffMs(tries: number, firstMs = 50, maxMs = 1_000): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(tries, 20));
  return full * (0.5 + Math.random() / 2);
}

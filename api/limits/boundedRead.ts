import { coalesce } from '../../lib/coalesce.js';
import { withinOr } from '../../lib/within.js';

export type BoundedRead<T> = {
  /** The newest value, at most `freshMs` old; null when the read fails or takes too long. Never rejects. */
  read(): Promise<T | null>;
  /** Whether the last read succeeded. */
  answered(): boolean;
};

/**
 * Coalesces reads: one at a time, at most one every `freshMs`. Each caller waits for at most `withinMs`. Many scrapes of
 * a slow source cost one read at a time.
 */
export function createBoundedRead<T>(
  work: () => Promise<T>,
  { withinMs, freshMs }: { withinMs: number; freshMs: number },
): BoundedRead<T> {
  let last: { at: number; value: T | null } | null = null;
  let isRunning = false;

  const run = coalesce(async () => {
    isRunning = true;
    const value = await work().catch(() => null);
    last = { at: performance.now(), value };
    isRunning = false;
    return value;
  });

  return {
    async read() {
      if (last && performance.now() - last.at < freshMs) return last.value;
      return withinOr(withinMs, run(), null);
    },
    answered: () => !isRunning && last !== null && last.value !== null,
  };
}

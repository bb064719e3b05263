/** When a viewer is too slow to be kept. */
export const slowLimits = {
  /** Owed more than this, and having taken nothing for `stalledMs`: it does not read. */
  stalledBytes: 1024 * 1024,
  stalledMs: 3_000,
  /** Owed anything at all, and having taken nothing for so long. */
  silentMs: 10_000,
  /** Owed more than this, it will not catch up. */
  maxOwed: 32 * 1024 * 1024,
} as const;

/** Watches one viewer; says whether it is too slow. */
export type Patience = (seen: { owed: number; buffered: number; taken: number }, now: number) => boolean;

export function createPatience(): Patience {
  let most = Number.NEGATIVE_INFINITY;
  let tookAt = 0;
  return ({ owed, buffered, taken }, now) => {
    if (buffered === 0 || taken > most || most === Number.NEGATIVE_INFINITY) {
      most = Math.max(most, taken);
      tookAt = now;
    }
    const stalledFor = now - tookAt;
    return (
      owed > slowLimits.maxOwed ||
      (owed > slowLimits.stalledBytes && stalledFor >= slowLimits.stalledMs) ||
      stalledFor >= slowLimits.silentMs
    );
  };
}

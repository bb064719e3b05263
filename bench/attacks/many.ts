/** Runs `one` for 0 to `count` - 1, `atOnce` at a time, and counts what it resolves to: `4880 × 429, 120 × 401`. */
export async function many(count: number, atOnce: number, one: (n: number) => Promise<unknown>): Promise<string> {
  const outcomes = new Map<string, number>();
  let next = 0;
  const run = async () => {
    while (next < count) {
      const outcome = String(await one(next++).catch((error: unknown) => error));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return [...outcomes].map(([outcome, times]) => `${times} × ${outcome}`).join(', ');
}

/** The milliseconds of the slowest call of `one`, which is repeated until `work` has ended. */
export async function slowestDuring(work: Promise<unknown>, one: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  let slowest = 0;
  while (!isOver) {
    const begun = performance.now();
    await one();
    slowest = Math.max(slowest, performance.now() - begun);
  }
  await over;
  return Math.round(slowest);
}

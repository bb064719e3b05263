export type BoundedRead<T> = {
  /** What was read, a moment ago at most; null when it can't be had in time. Never rejects. */
  read(): Promise<T | null>;
  /** Whether the last answer was one. */
  answered(): boolean;
};

/**
 * Reads for whoever scrapes: never twice at once, never more often than every `freshMs`, and nobody waits for longer
 * than `withinMs`. However many ask, and however slow what is read, it costs one read at a time.
 */
export function createBoundedRead<T>(
  work: () => Promise<T>,
  { withinMs, freshMs }: { withinMs: number; freshMs: number },
): BoundedRead<T> {
  let running: Promise<void> | null = null;
  let last: { at: number; value: T | null } | null = null;

  async function run(): Promise<void> {
    const value = await work().catch(() => null);
    last = { at: performance.now(), value };
    running = null;
  }

  return {
    async read() {
      if (last && performance.now() - last.at < freshMs) return last.value;
      running ??= run();
      return (await inTime(running, withinMs)) ? (last?.value ?? null) : null;
    },
    answered: () => running === null && last !== null && last.value !== null,
  };
}

async function inTime(work: Promise<void>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, withinMs, false);
  });
  const done = await Promise.race([work.then(() => true as const), late]);
  clearTimeout(timer);
  return done;
}

/**
 * Does `act` for each item at a moment of its own within `withinMs`: in random order, one in each of as many equal
 * slices of the time, so that they are neither all at once nor in the order in which they came. A single item has
 * nothing to be spread from, and is done at once. Resolves after the last; `signal` does what is left at once.
 */
export async function spread<T>(
  items: Iterable<T>,
  act: (item: T) => void,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal },
): Promise<void> {
  const shuffled = shuffle([...items]);
  if (shuffled.length === 1) return act(shuffled[0]!);
  const slice = withinMs / shuffled.length;
  await Promise.all(
    shuffled.map(async (item, n) => {
      await pause(slice * (n + Math.random()), signal);
      act(item);
    }),
  );
}

function shuffle<T>(items: T[]): T[] {
  for (let n = items.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1));
    [items[n], items[other]] = [items[other]!, items[n]!];
  }
  return items;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
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

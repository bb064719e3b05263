/**
 * Calls `act` for each item in random order, staggered over `withinMs` milliseconds: the time is divided into as many
 * equal slices as there are items, and one call is made at a random moment of each slice. A single item is called at
 * once. When `signal` is aborted, all that are left are called at once. Resolves after the last call.
 */
export function stagger<T>(
  items: Iterable<T>,
  act: (item: T) => void,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal },
): Promise<void> {
  const shuffled = shuffle([...items]);
  const slice = shuffled.length > 1 ? withinMs / shuffled.length : 0;
  return new Promise((resolve) => {
    const waiting = new Map<number, NodeJS.Timeout>();
    const doOne = (n: number) => {
      clearTimeout(waiting.get(n));
      waiting.delete(n);
      act(shuffled[n]!);
      if (waiting.size === 0) resolve();
    };
    const doAll = () => [...waiting.keys()].forEach(doOne);
    for (const n of shuffled.keys()) waiting.set(n, setTimeout(doOne, slice * (n + Math.random()), n));
    if (shuffled.length === 0) resolve();
    if (signal?.aborted) doAll();
    signal?.addEventListener('abort', doAll, { once: true });
  });
}

function shuffle<T>(items: T[]): T[] {
  for (let n = items.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1));
    [items[n], items[other]] = [items[other]!, items[n]!];
  }
  return items;
}

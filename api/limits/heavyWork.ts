import { Problem } from '../http/problem.js';

/** Runs work whose cost grows with the length of a chat. Throws `rate_limited` when too much of the owner's work waits. */
export type HeavyWork = <T>(owner: string, work: () => Promise<T>) => Promise<T>;

/**
 * Runs one piece of work of an owner at a time, and a few of all owners: each one holds a connection to Postgres. The
 * next one is the oldest whose owner has none running.
 */
export function createHeavyWork({ atOnce, waitingPerOwner }: { atOnce: number; waitingPerOwner: number }): HeavyWork {
  const running = new Set<string>();
  const waiting: { owner: string; start: () => void }[] = [];

  function startNext() {
    if (running.size >= atOnce) return;
    const next = waiting.findIndex(({ owner }) => !running.has(owner));
    const [started] = next < 0 ? [] : waiting.splice(next, 1);
    if (!started) return;
    running.add(started.owner);
    started.start();
    startNext();
  }

  return async (owner, work) => {
    if (waiting.filter((other) => other.owner === owner).length >= waitingPerOwner)
      throw new Problem('rate_limited', 'Too many rewinds, forks, searches and changes of versions at once', {
        'Retry-After': '5',
      });
    const turn = new Promise<void>((start) => waiting.push({ owner, start }));
    startNext();
    await turn;
    try {
      return await work();
    } finally {
      running.delete(owner);
      startNext();
    }
  };
}

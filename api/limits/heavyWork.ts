import { Problem } from '../http/problem.js';

/** Runs work whose cost grows with a chat. Throws `rate_limited` when too much of the owner's waits already. */
export type HeavyWork = <T>(owner: string, work: () => Promise<T>) => Promise<T>;

/**
 * Lets one such work of an owner run at a time, and a few of all owners: each holds a connection to Postgres for as
 * long as it takes, which everyone else needs too. The next to run is of the owner who has waited longest.
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
      throw new Problem('rate_limited', 'Too many rewinds, forks and changes of versions at once', {
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

/** How many places a worker has for one kind of work, in all and for one owner. */
export type PlaceLimits = { total: number; perOwner: number };

export type Places = {
  /**
   * Takes a place as soon as one is free. Resolves with the function that releases it, or with `late` after `withinMs`.
   * Rejects with the signal's reason.
   */
  take(owner: string, options: { signal: AbortSignal; withinMs: number }): Promise<Release | 'late'>;
  /** From now on `take` does not wait: pending calls resolve with `late`. */
  close(): void;
};

export type Release = () => void;

/** An owner holds at most this many times the number of free places. */
const SHARE = 4;

/** A quarter as many places as one owner may hold are reserved for other owners. */
export const placeLimits = (perOwner: number): PlaceLimits => ({
  total: perOwner + Math.ceil(perOwner / SHARE),
  perOwner,
});

type Waiter = { owner: string; since: number; admit(): void; giveUp(): void };

/**
 * Shares places between owners. An owner holds at most `perOwner`, and at most `SHARE` times the number of free places,
 * so that an owner with many places leaves some for the others. A place that becomes free goes to the waiting owner with
 * the fewest places, and among equals to the one that has waited longest.
 */
export function createPlaces({ total, perOwner }: PlaceLimits): Places {
  const held = new Map<string, number>();
  const queues = new Map<string, Waiter[]>();
  let free = total;
  let arrivals = 0;
  let closed = false;

  const heldBy = (owner: string) => held.get(owner) ?? 0;
  /** The last free place is for an owner that holds none. */
  const mayTake = (owner: string) =>
    heldBy(owner) === 0 ? free > 0 : heldBy(owner) < Math.min(perOwner, SHARE * (free - 1));

  function occupy(owner: string): Release {
    free -= 1;
    held.set(owner, heldBy(owner) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      free += 1;
      const left = heldBy(owner) - 1;
      if (left > 0) held.set(owner, left);
      else held.delete(owner);
      admitNext();
    };
  }

  function admitNext(): void {
    for (;;) {
      const heads = [...queues.values()].flatMap(([first]) => (first && mayTake(first.owner) ? [first] : []));
      const [next] = heads.sort((a, b) => heldBy(a.owner) - heldBy(b.owner) || a.since - b.since);
      if (!next) return;
      remove(next);
      next.admit();
    }
  }

  function remove(waiter: Waiter): void {
    const queue = queues.get(waiter.owner) ?? [];
    const at = queue.indexOf(waiter);
    if (at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) queues.delete(waiter.owner);
  }

  function wait(owner: string, { signal, withinMs }: { signal: AbortSignal; withinMs: number }) {
    return new Promise<Release | 'late'>((resolve, reject) => {
      const stopWaiting = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        remove(waiter);
      };
      const stop = () => {
        stopWaiting();
        reject(signal.reason);
      };
      const giveUp = () => {
        stopWaiting();
        resolve('late');
      };
      const timer = setTimeout(giveUp, withinMs).unref();
      arrivals += 1;
      const waiter: Waiter = {
        owner,
        since: arrivals,
        admit() {
          stopWaiting();
          resolve(occupy(owner));
        },
        giveUp,
      };
      queues.set(owner, [...(queues.get(owner) ?? []), waiter]);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  return {
    async take(owner, options) {
      options.signal.throwIfAborted();
      // Earlier waits of the owner come first.
      if (!queues.has(owner) && mayTake(owner)) return occupy(owner);
      return closed ? 'late' : wait(owner, options);
    },
    close() {
      closed = true;
      for (const waiter of [...queues.values()].flat()) waiter.giveUp();
    },
  };
}

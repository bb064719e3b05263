/** What a worker runs at once of one kind of work, in all and for one owner. */
export type PlaceLimits = { total: number; perOwner: number };

export type Places = {
  /**
   * Takes a place, at once or when one is free. Resolves with how to give it back, once, or with `late` after
   * `withinMs`. Rejects with the signal's reason.
   */
  take(owner: string, options: { signal: AbortSignal; withinMs: number }): Promise<Release | 'late'>;
  /** From now on a place is taken at once or not at all: whoever waits is `late`. */
  close(): void;
};

export type Release = () => void;

/** An owner may hold so many times what it leaves free. */
const SHARE = 4;

/** A quarter as many as one owner may have are kept for others. */
export const placeLimits = (perOwner: number): PlaceLimits => ({
  total: perOwner + Math.ceil(perOwner / SHARE),
  perOwner,
});

type Waiter = { owner: string; since: number; admit(): void; turnAway(): void };

/**
 * Shares places between owners. An owner has at most `perOwner`, and at most `SHARE` times what it leaves free, so that
 * one who holds many leaves places for those who hold few. A place that gets free goes to the owner who holds the fewest;
 * among those, to who has waited longest.
 */
export function createPlaces({ total, perOwner }: PlaceLimits): Places {
  const held = new Map<string, number>();
  const queues = new Map<string, Waiter[]>();
  let free = total;
  let arrivals = 0;
  let closed = false;

  const heldBy = (owner: string) => held.get(owner) ?? 0;
  /** The last free place is for an owner who holds none. */
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
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        remove(waiter);
      };
      const stop = () => {
        leave();
        reject(signal.reason);
      };
      const turnAway = () => {
        leave();
        resolve('late');
      };
      const timer = setTimeout(turnAway, withinMs).unref();
      arrivals += 1;
      const waiter: Waiter = {
        owner,
        since: arrivals,
        admit() {
          leave();
          resolve(occupy(owner));
        },
        turnAway,
      };
      queues.set(owner, [...(queues.get(owner) ?? []), waiter]);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  return {
    async take(owner, options) {
      options.signal.throwIfAborted();
      // who waits already comes first
      if (!queues.has(owner) && mayTake(owner)) return occupy(owner);
      return closed ? 'late' : wait(owner, options);
    },
    close() {
      closed = true;
      for (const waiter of [...queues.values()].flat()) waiter.turnAway();
    },
  };
}

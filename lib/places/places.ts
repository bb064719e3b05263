/** How many places a worker has for one kind of work, in all and for one owner, and how many tasks may wait for one. */
export type PlaceLimits = { total: number; perOwner: number; waiting: number };

export type Places = {
  /** Takes a place if one is free for the owner and no other task of the owner waits. */
  takeNow(owner: string): Release | null;
  /**
   * Takes a place as soon as one is free. Resolves with the function that releases it, or with `late`: after `withinMs`,
   * or at once if too many tasks wait. Rejects with the signal's reason.
   */
  take(owner: string, options: { signal: AbortSignal; withinMs: number }): Promise<Release | 'late'>;
  /**
   * The mean time between the last releases that left a place for the owner, in milliseconds. The owner's first place, or
   * the first question, counts as a release: so it is short at first, and grows while there is none.
   */
  releaseIntervalMs(owner: string): number;
  /** From now on `take` does not wait: pending calls resolve with `late`. */
  close(): void;
};

export type Release = () => void;

/** An owner holds at most this many times the number of free places. */
const SHARE = 4;

/** The releases that `releaseIntervalMs` looks at, and the owners of which it knows them: the last ones. */
const RELEASES_SEEN = 16;
const OWNERS_SEEN = 200;

/** A quarter as many places as one owner may hold are reserved for other owners, and about as many tasks may wait. */
export const placeLimits = (perOwner: number): PlaceLimits => {
  const reserved = Math.ceil(perOwner / SHARE);
  return { total: perOwner + reserved, perOwner, waiting: Math.max(1, reserved - 1) };
};

type Waiter = { owner: string; since: number; admit(): void; giveUp(): void };

/**
 * Shares places between owners. An owner holds at most `perOwner`, and at most `SHARE` times the number of free places,
 * so that an owner with many places leaves some for the others. A place that becomes free goes to the waiting owner with
 * the fewest places, and among equals to the one that has waited longest. When `waiting` tasks wait, the owner with the
 * most of them gives way to one with fewer.
 */
export function createPlaces({ total, perOwner, waiting }: PlaceLimits, now = () => performance.now()): Places {
  const held = new Map<string, number>();
  const queues = new Map<string, Waiter[]>();
  let free = total;
  let arrivals = 0;
  let waiters = 0;
  let closed = false;
  const releasedAt = new Map<string, number[]>();

  const heldBy = (owner: string) => held.get(owner) ?? 0;
  /** The last free place is for an owner that holds none. */
  const mayTake = (owner: string) =>
    heldBy(owner) === 0 ? free > 0 : heldBy(owner) < Math.min(perOwner, SHARE * (free - 1));

  function occupy(owner: string): Release {
    releasesFor(owner);
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
      noteRelease();
      admitNext();
    };
  }

  function noteRelease(): void {
    const at = now();
    for (const [owner, times] of releasedAt) {
      if (!mayTake(owner)) continue;
      times.push(at);
      if (times.length > RELEASES_SEEN) times.shift();
    }
  }

  function releasesFor(owner: string): number[] {
    const times = releasedAt.get(owner) ?? [now()];
    // The owner that was seen last comes last.
    releasedAt.delete(owner);
    releasedAt.set(owner, times);
    const [oldest] = releasedAt.keys();
    if (oldest !== undefined && releasedAt.size > OWNERS_SEEN) releasedAt.delete(oldest);
    return times;
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
    waiters -= 1;
    if (queue.length === 0) queues.delete(waiter.owner);
  }

  /** Whether a task of the owner may wait. The last waiter of the owner with the most gives way to it if need be. */
  function mayWait(owner: string): boolean {
    if (closed) return false;
    if (waiters < waiting) return true;
    const [longest] = [...queues.values()].sort((a, b) => b.length - a.length);
    if (!longest || longest.length <= (queues.get(owner)?.length ?? 0) + 1) return false;
    longest.at(-1)?.giveUp();
    return true;
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
      const queue = queues.get(owner);
      if (queue) queue.push(waiter);
      else queues.set(owner, [waiter]);
      waiters += 1;
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  // Earlier waits of the owner come first.
  const takeNow = (owner: string) => (!queues.has(owner) && mayTake(owner) ? occupy(owner) : null);

  return {
    takeNow,
    async take(owner, options) {
      options.signal.throwIfAborted();
      const taken = takeNow(owner);
      if (taken) return taken;
      return mayWait(owner) ? wait(owner, options) : 'late';
    },
    releaseIntervalMs(owner) {
      const times = releasesFor(owner);
      return (now() - (times[0] ?? now())) / times.length;
    },
    close() {
      closed = true;
      for (const waiter of [...queues.values()].flat()) waiter.giveUp();
    },
  };
}

/**
 * How a worker stops. `running`: it polls. `draining`: it polls no more, and what it runs goes on. `handing over`:
 * what it still runs ends without a result, so that another worker takes it over.
 */
export type DrainState = 'running' | 'draining' | 'handing over';

export type Drain = {
  state(): DrainState;
  /** Drains; asked again, later than a moment after, it hands over. */
  ask(): void;
  /** Calls back when draining begins; at once if it has begun. */
  onDraining(listener: () => void): void;
  /** Calls back when it is time to hand over; at once if it is. Returns how to stop listening. */
  onHandOver(listener: () => void): () => void;
  /** Stops the clock: all is done. */
  close(): void;
};

/** A process manager and a terminal may both pass on one request to stop: within this time two are one. */
const ONE_REQUEST_MS = 500;

export function createDrain({ seconds }: { seconds: number }): Drain {
  const draining = new Set<() => void>();
  const handingOver = new Set<() => void>();
  let state: DrainState = 'running';
  let askedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  function handOver(): void {
    if (state === 'handing over') return;
    clearTimeout(timer);
    state = 'handing over';
    for (const listener of handingOver) listener();
  }

  return {
    state: () => state,
    ask() {
      if (state !== 'running') {
        if (Date.now() - askedAt > ONE_REQUEST_MS) handOver();
        return;
      }
      askedAt = Date.now();
      state = 'draining';
      timer = setTimeout(handOver, seconds * 1_000);
      for (const listener of draining) listener();
    },
    onDraining(listener) {
      if (state === 'running') draining.add(listener);
      else listener();
    },
    onHandOver(listener) {
      if (state === 'handing over') {
        listener();
        return () => undefined;
      }
      handingOver.add(listener);
      return () => void handingOver.delete(listener);
    },
    close: () => clearTimeout(timer),
  };
}

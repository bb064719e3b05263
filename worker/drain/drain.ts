/**
 * How a worker stops. `running`: it polls. `draining`: it does not poll, and its activities run on. `handing over`: its
 * activities end without a result, and another worker runs them again.
 */
export type DrainState = 'running' | 'draining' | 'handing over';

export type Drain = {
  state(): DrainState;
  /** Starts to drain. A second call, unless it follows at once, starts the hand-over. */
  stop(): void;
  /** Calls the listener when draining begins; at once if it has begun. */
  onDraining(listener: () => void): void;
  /** Calls the listener when the hand-over begins; at once if it has begun. Returns the function that removes it. */
  onHandOver(listener: () => void): () => void;
  /** Stops the timer of the drain. */
  close(): void;
};

/** Two signals within this time are one request: a process manager and a terminal may both send it. */
const ONE_REQUEST_MS = 500;

export function createDrain({ seconds }: { seconds: number }): Drain {
  const draining = new Set<() => void>();
  const handingOver = new Set<() => void>();
  let state: DrainState = 'running';
  let stoppedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  function handOver(): void {
    if (state === 'handing over') return;
    clearTimeout(timer);
    state = 'handing over';
    for (const listener of handingOver) listener();
  }

  return {
    state: () => state,
    stop() {
      if (state !== 'running') {
        if (Date.now() - stoppedAt > ONE_REQUEST_MS) handOver();
        return;
      }
      stoppedAt = Date.now();
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

export type Listeners = {
  /** Returns how to unsubscribe. */
  add(listener: () => void): () => void;
  notify(): void;
};

/**
 * Listeners to a state. `start` is called with the first one, and `end` when there has been none for `lingerMs`: a page
 * that mounts twice starts once.
 */
export function createListeners(lingerMs: number, { start, end }: { start(): void; end(): void }): Listeners {
  const listeners = new Set<() => void>();
  let started = false;
  let ending: ReturnType<typeof setTimeout> | undefined;

  function stop(): void {
    started = false;
    end();
  }

  return {
    add(listener) {
      // The same function may be added twice.
      const own = () => listener();
      listeners.add(own);
      clearTimeout(ending);
      if (!started) {
        started = true;
        start();
      }
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        ending = setTimeout(stop, lingerMs);
      };
    },
    notify() {
      for (const listener of [...listeners]) listener();
    },
  };
}

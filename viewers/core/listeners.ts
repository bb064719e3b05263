/** The subscribers of one source of events. One that throws does not affect the others. */
export type Listeners<Args extends unknown[]> = {
  /** Returns how to unsubscribe. */
  add(listener: (...args: Args) => void): () => void;
  notify(...args: Args): void;
};

export function createListeners<Args extends unknown[]>(onError: (error: unknown) => void): Listeners<Args> {
  const listeners = new Set<(...args: Args) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    notify(...args) {
      for (const listener of listeners) {
        try {
          listener(...args);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}

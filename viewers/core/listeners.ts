/** Who is told of something. A listener that throws must not keep the others from hearing. */
export type Listeners<T, Rest extends unknown[] = []> = {
  add(listener: (value: T, ...rest: Rest) => void): () => void;
  tell(value: T, ...rest: Rest): void;
};

export function createListeners<T, Rest extends unknown[] = []>(onError: (error: unknown) => void): Listeners<T, Rest> {
  const listeners = new Set<(value: T, ...rest: Rest) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(value, ...rest) {
      for (const listener of listeners) {
        try {
          listener(value, ...rest);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}

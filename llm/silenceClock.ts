import { TurnFailure } from '../domain/log/failures.js';

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Ends a request when its caller says stop, or when the provider has been silent for too long. The clock runs
 * only while somebody waits for the provider: a slow reader is not the provider's silence.
 */
export type SilenceClock = {
  /** For the request: aborted by the caller's signal, by silence, or by `end`. */
  signal: AbortSignal;
  /**
   * Waits for the provider, for `withinMs` since it was last heard at most. Throws the caller's reason or
   * `provider_silent` if that is what ended the wait, whatever the request itself made of it.
   */
  waitFor<T>(work: Promise<T>, withinMs?: number): Promise<T>;
  /** Whether the caller said stop. */
  readonly stopped: boolean;
  /** A frame came. */
  heard(): void;
  /** The answer is complete: waits for the end of its body apart from the caller, so that the connection is kept. */
  leave(body: { read(): Promise<{ done: boolean }> }, withinMs: number): void;
  /** Stops the clock, and the request unless it was left. */
  end(): void;
};

export function createSilenceClock(options: { signal: AbortSignal; silenceMs: number }): SilenceClock {
  const request = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let left = false;
  const stop = () => request.abort(options.signal.reason);
  if (options.signal.aborted) stop();
  else options.signal.addEventListener('abort', stop, { once: true });

  const heard = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    signal: request.signal,
    async waitFor(work, withinMs = options.silenceMs) {
      const patience = Math.min(withinMs, options.silenceMs, LONGEST_TIMER_MS);
      timer ??= setTimeout(() => request.abort(new TurnFailure('provider_silent')), patience);
      try {
        return await work;
      } catch (error) {
        request.signal.throwIfAborted();
        throw error;
      }
    },
    get stopped() {
      return options.signal.aborted;
    },
    heard,
    leave(body, withinMs) {
      left = true;
      const drop = () => request.abort();
      const late = setTimeout(drop, withinMs);
      body
        .read()
        .then(({ done }) => done || drop(), drop)
        .finally(() => clearTimeout(late));
    },
    end() {
      heard();
      options.signal.removeEventListener('abort', stop);
      if (!left) request.abort();
    },
  };
}

import { TurnFailure } from '../domain/log/failures.js';

/** Node fires a timer that is longer than this at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long a server may keep a connection open with comments and without data, in milliseconds. */
const COMMENTS_MS = 10 * 60_000;

/**
 * Aborts a request when its caller stops it, or when the provider sends nothing for too long. The clock runs only while
 * the caller waits for the provider: the time of a slow reader does not count as silence.
 */
export type SilenceClock = {
  /** For the request: aborted by the caller's signal, by silence, or by `end`. */
  signal: AbortSignal;
  /**
   * Waits for the provider, for at most `withinMs` since the last frame. Throws the caller's reason, or
   * `provider_silent`, if that ended the wait; else what `work` throws.
   */
  waitFor<T>(work: Promise<T>, withinMs?: number): Promise<T>;
  /** Whether the caller has stopped the request. */
  readonly stopped: boolean;
  /** A frame arrived: the silence starts over. */
  restart(): void;
  /** A sign of life without data arrived: the silence starts over, until there is nothing else for ten minutes. */
  keepAlive(): void;
  /** The answer is complete: reads the end of its body in the background, so that the connection can be used again. */
  detach(body: { read(): Promise<{ done: boolean }> }, withinMs: number): void;
  /** Stops the clock, and aborts the request unless it is detached. */
  end(): void;
};

/** `commentsMs`: the limit of `keepAlive`. */
export function createSilenceClock(options: {
  signal: AbortSignal;
  silenceMs: number;
  commentsMs?: number;
}): SilenceClock {
  const request = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let detached = false;
  /** When the first sign of life after the last data arrived. */
  let aliveSince: number | null = null;
  const stop = () => request.abort(options.signal.reason);
  if (options.signal.aborted) stop();
  else options.signal.addEventListener('abort', stop, { once: true });

  const clear = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const restart = () => {
    clear();
    aliveSince = null;
  };
  const aliveMsLeft = (): number =>
    aliveSince === null
      ? LONGEST_TIMER_MS
      : Math.max(0, aliveSince + (options.commentsMs ?? COMMENTS_MS) - performance.now());
  return {
    signal: request.signal,
    async waitFor(work, withinMs = options.silenceMs) {
      const limitMs = Math.min(withinMs, options.silenceMs, aliveMsLeft());
      timer ??= setTimeout(() => request.abort(new TurnFailure('provider_silent')), limitMs);
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
    restart,
    keepAlive() {
      aliveSince ??= performance.now();
      if (aliveMsLeft() > 0) clear();
    },
    detach(body, withinMs) {
      detached = true;
      const drop = () => request.abort();
      const late = setTimeout(drop, withinMs);
      body
        .read()
        .then(({ done }) => done || drop(), drop)
        .finally(() => clearTimeout(late));
    },
    end() {
      clear();
      options.signal.removeEventListener('abort', stop);
      if (!detached) request.abort();
    },
  };
}

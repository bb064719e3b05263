import { type Backoff, backoffMs, isTransient } from '../../../client/src/index.js';
import { coalesced } from './coalesced.js';

export type Reloader = {
  /** Reads now; calls during a read cause one more read after it. */
  reload(): Promise<void>;
  stop(): void;
};

const defaultDelays: Backoff = { firstMs: 1_000, maxMs: 10_000 };

/**
 * Repeats a read after each transient failure, with growing delays, until it succeeds or is stopped. `onFailure` is
 * called with every error, also with those that are not retried.
 */
export function createReloader(
  read: () => Promise<void>,
  onFailure: (error: unknown) => void,
  delays = defaultDelays,
): Reloader {
  let timer: number | undefined;
  let failures = 0;
  let isStopped = false;

  const reload = coalesced(async () => {
    clearTimeout(timer);
    if (isStopped) return;
    try {
      await read();
      failures = 0;
    } catch (error) {
      if (isStopped) return;
      onFailure(error);
      if (!isTransient(error)) return;
      timer = setTimeout(() => void reload(), backoffMs(failures, delays));
      failures += 1;
    }
  });

  return {
    reload,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

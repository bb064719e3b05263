import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../lib/backoff.js';
import type { Log } from '../telemetry/log/log.js';

/** Calls `work` until it succeeds; logs each failure. Rejects with the signal's reason once that is aborted. */
export async function untilReachable<T>(
  what: string,
  work: () => Promise<T>,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error }, `${what} can not be reached; trying again`);
      await delay(backoffMs(tries, 250, 5_000), undefined, { signal });
    }
  }
}

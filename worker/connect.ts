import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../telemetry/log/log.js';

/** Calls `work` until it succeeds or the signal is aborted, saying every time why it can't yet. */
export async function untilReachable<T>(
  what: string,
  work: () => Promise<T>,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<T> {
  for (let pause = 250; ; pause = Math.min(pause * 2, 5_000)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error }, `${what} can't be reached yet; trying again`);
      await delay(pause, undefined, { signal });
    }
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '../../lib/backoff.js';

export type RetryOptions = {
  /** Milliseconds after which an error is no more retried. */
  forMs: number;
  now: () => number;
  /** Once true, an error is no more retried. */
  isCancelled: () => boolean;
};

/** Runs `work` until it succeeds, with exponential backoff. Throws its last error when the retries end. */
export async function retry<T>(work: () => Promise<T>, { forMs, now, isCancelled }: RetryOptions): Promise<T> {
  const deadline = now() + forMs;
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (isCancelled() || now() > deadline) throw error;
      await pause(backoffMs(tries));
    }
  }
}

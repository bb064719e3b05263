import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../db/core/unavailable.js';
import { backoffMs } from '../lib/backoff.js';

/** After so long, in milliseconds, the error is thrown and Temporal retries the activity. */
const GIVE_UP_AFTER_MS = 10 * 60_000;

/** Repeats `work` while Postgres is away, with growing pauses of at most a second. Throws any other error. */
export async function retryWhileDatabaseAway<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > deadline) throw error;
      await delay(backoffMs(tries), undefined, signal ? { signal } : {});
    }
  }
}

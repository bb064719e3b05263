import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../db/core/unavailable.js';

/** How long an activity waits for a Postgres that is away before Temporal is left to retry it, in milliseconds. */
const DATABASE_PATIENCE_MS = 10 * 60_000;

/** Runs `work` again, with growing pauses of at most a second, as long as Postgres is away. */
export async function retryWhileDatabaseAway<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = Date.now() + DATABASE_PATIENCE_MS;
  for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > deadline) throw error;
      await delay(pause, undefined, signal ? { signal } : {});
    }
  }
}

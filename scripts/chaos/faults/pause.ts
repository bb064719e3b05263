import { setTimeout as delay } from 'node:timers/promises';

/** Waits for `ms`, at most until the end of the run. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `check` until it gives true; an error counts as false. Throws the signal's reason once that is aborted, and
 * `late(lastError)` after `withinMs`.
 */
export async function poll(
  check: (signal: AbortSignal) => Promise<boolean>,
  options: { everyMs: number; withinMs: number; signal: AbortSignal; late: (lastError: unknown) => Error },
): Promise<void> {
  const end = Date.now() + options.withinMs;
  let lastError: unknown;
  for (;;) {
    options.signal.throwIfAborted();
    try {
      if (await check(options.signal)) return;
    } catch (error) {
      lastError = error;
    }
    options.signal.throwIfAborted();
    if (Date.now() >= end) throw options.late(lastError);
    await pause(options.everyMs, options.signal);
  }
}

/** Waits for `ms`. Throws the signal's reason if that is aborted meanwhile. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** How long to wait before the next try, in milliseconds. */
export type Backoff = { firstMs: number; mostMs: number };

/** Doubles with each try, and is spread over half to one and a half of that, so that many pages do not return at once. */
export function backoffMs(tries: number, { firstMs, mostMs }: Backoff, random = Math.random()): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(tries, 20)) * (0.5 + random);
}

/** The api restarts, and said so. */
const restarting = 1012;
/** In this time every page of the api that went has dialled the next one. */
const restartSpreadMs = 1_000;
const lost: Backoff = { firstMs: 250, mostMs: 10_000 };

/**
 * How long to wait before a lost connection is made again. One that was closed for a restart is made soon: the next
 * api is there, or about to be.
 */
export function reconnectMs(code: number, tries: number, random = Math.random()): number {
  return code === restarting ? 100 + random * restartSpreadMs : backoffMs(tries, lost, random);
}

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../http/problem.js';

const perMinute = (points: number) => new RateLimiterMemory({ points, duration: 60 });

/** Counts one request of a caller. Throws `rate_limited`, with `Retry-After` in seconds, beyond the limit. */
export type RateLimit = (who: string) => Promise<void>;

export function createRateLimit(requestsPerMinute: number): RateLimit {
  const limiter = perMinute(requestsPerMinute);
  return async (who) => {
    try {
      await limiter.consume(who);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      throw new Problem('rate_limited', `Try again in ${seconds} s`, { 'Retry-After': String(seconds) });
    }
  };
}

/** The number of wrong keys from one address in a minute, over HTTP and sockets together. */
const maxWrongKeys = 120;

/**
 * Limits wrong keys by address, so that keys can't be guessed by brute force. A valid key is never refused because of
 * wrong ones: behind a proxy all clients have the same address.
 */
export function createWrongKeys(requestsPerMinute: number): RateLimit {
  return createRateLimit(Math.min(requestsPerMinute, maxWrongKeys));
}

export const addressOf = ({ socket }: { socket: { remoteAddress?: string | undefined } }): string =>
  socket.remoteAddress ?? 'unknown';

import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../http/problem.js';

/** How many requests a caller may make in a minute. `name` is the policy's name in the headers. */
export type RatePolicy = { name: 'default' | 'wrong-keys'; perMinute: number };

/** `RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers has them. */
export type RateHeaders = Record<'RateLimit' | 'RateLimit-Policy', string>;

/**
 * Counts one request of a caller, and gives the headers that say what is left. Throws `rate_limited` beyond the limit,
 * with these headers and `Retry-After` in seconds.
 */
export type RateLimit = (who: string) => Promise<RateHeaders>;

/** The window in seconds. It begins with the first request of a caller. */
export const windowSeconds = 60;

/** Counts in the memory of this process. */
export const memoryCounter = ({ perMinute }: RatePolicy): RateLimiterAbstract =>
  new RateLimiterMemory({ points: perMinute, duration: windowSeconds });

export function createRateLimit(policy: RatePolicy, counter = memoryCounter(policy)): RateLimit {
  return async (who) => {
    try {
      return headersOf(policy, await counter.consume(who));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw refusalOf(policy, refusal);
    }
  };
}

const secondsOf = ({ msBeforeNext }: RateLimiterRes) => Math.max(1, Math.ceil(msBeforeNext / 1_000));

const headersOf = ({ name, perMinute }: RatePolicy, counted: RateLimiterRes): RateHeaders => ({
  RateLimit: `"${name}";r=${counted.remainingPoints};t=${secondsOf(counted)}`,
  'RateLimit-Policy': `"${name}";q=${perMinute};w=${windowSeconds}`,
});

function refusalOf(policy: RatePolicy, refusal: RateLimiterRes): Problem {
  const seconds = secondsOf(refusal);
  const requests = policy.name === 'default' ? 'requests' : 'requests with a wrong key';
  return new Problem('rate_limited', `Try again in ${seconds} s: at most ${policy.perMinute} ${requests} a minute`, {
    'Retry-After': String(seconds),
    ...headersOf(policy, refusal),
  });
}

/** The number of wrong keys from one address in a minute, over HTTP and sockets together. */
const maxWrongKeys = 120;

/**
 * The policy of requests of an owner, and that of wrong keys by address, so that keys can't be guessed by brute force. A
 * valid key is never refused because of wrong ones: behind a proxy all clients have the same address.
 */
export const ratePolicies = (requestsPerMinute: number): Record<'requests' | 'wrongKeys', RatePolicy> => ({
  requests: { name: 'default', perMinute: requestsPerMinute },
  wrongKeys: { name: 'wrong-keys', perMinute: Math.min(requestsPerMinute, maxWrongKeys) },
});

export const addressOf = ({ socket }: { socket: { remoteAddress?: string | undefined } }): string =>
  socket.remoteAddress ?? 'unknown';

import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import { createRateLimit, type RateLimit, ratePolicies } from './rateLimit.js';

/** The limits of requests. */
export type RequestLimits = {
  /** Of an owner, whichever protocol its clients speak. */
  requests: RateLimit;
  /** Of an address that sends wrong keys. */
  wrongKeys: RateLimit;
  close(): void;
};

/**
 * Opens the limits of requests. With `RELAY_URL` there are several apis, which count together in that Redis; without it
 * this process counts alone.
 */
export async function openRequestLimits(
  { REQUESTS_PER_MINUTE, RELAY_URL: url }: Config,
  log: Logger,
): Promise<RequestLimits> {
  const policies = ratePolicies(REQUESTS_PER_MINUTE);
  if (url) {
    // Redis' client is loaded only where there is a Redis.
    const { openSharedCounters } = await import('./sharedCounters.js');
    const { counterOf, close } = openSharedCounters({ url, log });
    const shared = (policy: (typeof policies)['requests']) => createRateLimit(policy, counterOf(policy));
    return { requests: shared(policies.requests), wrongKeys: shared(policies.wrongKeys), close };
  }
  const { requests, wrongKeys } = policies;
  return { requests: createRateLimit(requests), wrongKeys: createRateLimit(wrongKeys), close: () => undefined };
}

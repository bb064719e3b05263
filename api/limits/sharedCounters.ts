import { type RateLimiterAbstract, RateLimiterRedis, RLWrapperTimeouts } from 'rate-limiter-flexible';
import { connectRedis, type RedisOptions } from '../../viewers/wire/redisClient.js';
import { memoryCounter, type RatePolicy, windowSeconds } from './rateLimit.js';

/** The longest that a request waits for Redis, in milliseconds. */
const answerWithinMs = 250;

/**
 * Counters that several apis share in Redis. While Redis is away or slow, each api counts by itself: a caller may then
 * make as many requests as the limit at each api.
 */
export function openSharedCounters(options: RedisOptions) {
  const client = connectRedis(options, 'counters');
  return {
    counterOf(policy: RatePolicy): RateLimiterAbstract {
      const limiter = new RateLimiterRedis({
        storeClient: client,
        useRedisPackage: true,
        rejectIfRedisNotReady: true,
        keyPrefix: `durable-turns:requests:${policy.name}`,
        points: policy.perMinute,
        duration: windowSeconds,
        // Requests that are refused anyway do not reach Redis.
        inMemoryBlockOnConsumed: policy.perMinute + 1,
        insuranceLimiter: memoryCounter(policy),
      });
      return new RLWrapperTimeouts({ limiter, timeoutMs: answerWithinMs });
    },
    close: () => client.destroy(),
  };
}

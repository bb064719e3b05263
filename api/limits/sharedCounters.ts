import { type RateLimiterAbstract, RateLimiterRedis, RLWrapperTimeouts } from 'rate-limiter-flexible';
import { connectRedis, type RedisConnection, type RedisOptions } from '../../viewers/wire/redisClient.js';
import { memoryCounter, type RatePolicy, windowSeconds } from './rateLimit.js';

/** The longest that a request waits for Redis, in milliseconds. */
const answerWithinMs = 250;
const logEveryMs = 30_000;

/**
 * Counters that several apis share in Redis. While Redis is away, slow or full, each api counts by itself: a caller may
 * then make as many requests as the limit at each api.
 */
export function openSharedCounters(options: RedisOptions) {
  const connection = connectRedis(options, 'counters');
  const storeClient = storeOf(connection, options.log);
  return {
    counterOf(policy: RatePolicy): RateLimiterAbstract {
      const limiter = new RateLimiterRedis({
        storeClient,
        useRedisPackage: true,
        rejectIfRedisNotReady: true,
        keyPrefix: `durable-turns:requests:${policy.name}`,
        points: policy.perMinute,
        duration: windowSeconds,
        // Requests that are refused anyway do not reach Redis.
        inMemoryBlockOnConsumed: policy.perMinute + 1,
      });
      // Only here, or a request that Redis fails after that time would be counted twice in memory.
      return new RLWrapperTimeouts({ limiter, timeoutMs: answerWithinMs, insuranceLimiter: memoryCounter(policy) });
    },
    close: connection.close,
  };
}

/**
 * What the limiter uses of a client. While Redis does not answer it is not ready, so that requests do not wait for it,
 * and are not counted at once when it is back.
 */
function storeOf(connection: RedisConnection, log: RedisOptions['log']) {
  let loggedAt = -Infinity;
  return {
    get isReady() {
      return connection.client() !== null;
    },
    async eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
      try {
        return await connection.client()?.eval(script, options);
      } catch (err) {
        if (Date.now() - loggedAt > logEveryMs) {
          log.warn({ err }, 'Redis does not count requests; each api counts by itself');
          loggedAt = Date.now();
        }
        throw err;
      }
    },
  };
}

import { withinOr } from '../../lib/within.js';
import { connectRedis, type RedisOptions } from './redisClient.js';

/** One channel for each direction. Every gateway subscribes to what all workers publish, and the other way round. */
export const redisChannels = { tokens: 'durable-turns:tokens', stops: 'durable-turns:stops' } as const;

export type RedisLink = {
  /** Sends to those who are subscribed now. Drops the message when Redis is away, or too much is unsent. */
  publish(channel: string, message: string): void;
  /** How many connections subscribe to a channel, as of the last second. */
  subscribers(channel: string): number;
  close(): Promise<void>;
};

type Subscription = { channel: string; onMessage: (message: string) => void };
type Limits = { maxUnsentBytes: number };

/** Two connections to Redis, since one that is subscribed can't publish. Both reconnect by themselves. */
export function createRedisLink(options: RedisOptions, subscription: Subscription, limits: Limits): RedisLink {
  const publisher = connectRedis(options, 'publisher');
  // A subscription outlives its connection: the client makes it again after each reconnect.
  const subscriber = connectRedis(options, 'subscriber', (client) =>
    client.subscribe(subscription.channel, subscription.onMessage),
  );
  const counts = new Map<string, number>();
  let unsent = 0;

  const count = setInterval(() => {
    const client = publisher.client();
    if (!client) return counts.clear();
    client
      .pubSubNumSub(Object.values(redisChannels))
      .then((answer) => {
        for (const [channel, number] of Object.entries(answer)) counts.set(channel, Number(number));
      })
      .catch(() => counts.clear());
  }, 1_000);

  return {
    publish(channel, message) {
      const client = publisher.client();
      if (!client || unsent > limits.maxUnsentBytes) return;
      unsent += message.length;
      const sent = () => {
        unsent -= message.length;
      };
      client.publish(channel, message).then(sent, sent);
    },
    subscribers: (channel) => counts.get(channel) ?? 0,
    async close() {
      clearInterval(count);
      await withinOr(
        500,
        publisher
          .client()
          ?.ping()
          .catch(() => null) ?? Promise.resolve(null),
        null,
      );
      publisher.close();
      subscriber.close();
    },
  };
}

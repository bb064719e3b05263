import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import { backoffMs } from '../../lib/backoff.js';

/** One channel for each direction. Every gateway subscribes to what all workers publish, and the other way round. */
export const redisChannels = { tokens: 'durable-turns:tokens', stops: 'durable-turns:stops' } as const;

export type RedisLinkOptions = { url: string; log: Pick<Logger, 'info' | 'warn'> };

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
export function createRedisLink(options: RedisLinkOptions, subscription: Subscription, limits: Limits): RedisLink {
  const publisher = connect(options, 'publisher');
  const subscriber = connect(options, 'subscriber');
  let subscribed = false;
  // A subscription outlives its connection: the client makes it again after each reconnect.
  subscriber.on('ready', () => {
    if (subscribed) return;
    subscribed = true;
    subscriber.subscribe(subscription.channel, subscription.onMessage).catch((error) => {
      subscribed = false;
      options.log.warn({ err: error }, 'could not subscribe on Redis');
    });
  });
  const counts = new Map<string, number>();
  let unsent = 0;

  const count = setInterval(() => {
    if (!publisher.isReady) return counts.clear();
    publisher
      .pubSubNumSub(Object.values(redisChannels))
      .then((answer) => {
        for (const [channel, number] of Object.entries(answer)) counts.set(channel, Number(number));
      })
      .catch(() => counts.clear());
  }, 1_000);

  return {
    publish(channel, message) {
      if (!publisher.isReady || unsent > limits.maxUnsentBytes) return;
      unsent += message.length;
      const sent = () => {
        unsent -= message.length;
      };
      publisher.publish(channel, message).then(sent, sent);
    },
    subscribers: (channel) => counts.get(channel) ?? 0,
    async close() {
      clearInterval(count);
      if (publisher.isReady) await Promise.race([publisher.ping().catch(() => {}), pause(500)]);
      publisher.destroy();
      subscriber.destroy();
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref());

function connect({ url, log }: RedisLinkOptions, end: 'publisher' | 'subscriber') {
  let away = false;
  const client = createClient({
    url,
    // A token that waited for Redis to return would be stale: its text comes from the checkpoints.
    disableOfflineQueue: end === 'publisher',
    pingInterval: 5_000,
    socket: { reconnectStrategy: (tries) => backoffMs(tries), connectTimeout: 2_000 },
  });
  client.on('ready', () => {
    away = false;
    log.info({ end }, 'connected to Redis');
  });
  client.on('error', (error) => {
    if (!away) log.warn({ end, err: error }, 'Redis is away; trying again');
    away = true;
  });
  client.connect().catch((error) => log.warn({ end, err: error }, 'gave up on Redis'));
  return client;
}

import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import { backoffMs } from '../../lib/backoff.js';

/** One channel a direction; every gateway hears every worker, and the other way round. */
export const redisChannels = { tokens: 'durable-turns:tokens', stops: 'durable-turns:stops' } as const;

export type RedisLinkOptions = { url: string; log: Pick<Logger, 'info' | 'warn'> };

export type RedisLink = {
  /** Sends to whoever listens now. Drops when Redis is away or slower than what is sent. */
  publish(channel: string, message: string): void;
  /** How many connections listen to a channel, as far as was asked lately. */
  listeners(channel: string): number;
  close(): Promise<void>;
};

type Subscription = { channel: string; heard: (message: string) => void };
type Limits = { maxUnsentBytes: number };

/** Two connections to Redis, since one that listens can't speak. Both come back by themselves. */
export function createRedisLink(options: RedisLinkOptions, subscription: Subscription, limits: Limits): RedisLink {
  const speaker = connect(options, 'speaks');
  const listener = connect(options, 'listens');
  let subscribed = false;
  // Once made, a subscription outlives its connection: the client makes it again each time.
  listener.on('ready', () => {
    if (subscribed) return;
    subscribed = true;
    listener.subscribe(subscription.channel, subscription.heard).catch((error) => {
      subscribed = false;
      options.log.warn({ err: error }, 'could not listen on Redis');
    });
  });
  const counts = new Map<string, number>();
  let unsent = 0;

  const count = setInterval(() => {
    if (!speaker.isReady) return counts.clear();
    speaker
      .pubSubNumSub(Object.values(redisChannels))
      .then((answer) => {
        for (const [channel, number] of Object.entries(answer)) counts.set(channel, Number(number));
      })
      .catch(() => counts.clear());
  }, 1_000);

  return {
    publish(channel, message) {
      if (!speaker.isReady || unsent > limits.maxUnsentBytes) return;
      unsent += message.length;
      const sent = () => {
        unsent -= message.length;
      };
      speaker.publish(channel, message).then(sent, sent);
    },
    listeners: (channel) => counts.get(channel) ?? 0,
    async close() {
      clearInterval(count);
      if (speaker.isReady) await Promise.race([speaker.ping().catch(() => {}), pause(500)]);
      speaker.destroy();
      listener.destroy();
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref());

function connect({ url, log }: RedisLinkOptions, end: string) {
  let away = false;
  const client = createClient({
    url,
    // A token that waits for Redis to come back is of no use: its text comes from the checkpoints.
    disableOfflineQueue: end === 'speaks',
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

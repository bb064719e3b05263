import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import { backoffMs } from '../../lib/backoff.js';

export type RedisOptions = { url: string; log: Pick<Logger, 'info' | 'warn'> };

/**
 * What a connection is for: `publisher` and `subscriber` are the two of the wire, `counters` count requests. A connection
 * that is subscribed takes no other commands.
 */
type End = 'publisher' | 'subscriber' | 'counters';

/** The most commands that wait for an answer. Those beyond are rejected. */
const maxWaiting = 100_000;

/** A connection to Redis, which reconnects by itself. */
export function connectRedis({ url, log }: RedisOptions, end: End) {
  let away = false;
  const client = createClient({
    url,
    // A command that waited for Redis to return would be stale. A subscription is made as soon as there is a connection.
    disableOfflineQueue: end !== 'subscriber',
    commandsQueueMaxLength: maxWaiting,
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

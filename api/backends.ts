import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { type Config, isPooled } from '../config.js';
import { createListener, type Listener } from '../db/core/listen.js';
import { createPool, type Pool } from '../db/core/pool.js';
import { withDeadline } from '../viewers/core/deadline.js';
import { createFeeds, type Feeds } from '../viewers/gateway/feeds.js';
import { createRedisHub } from '../viewers/wire/redisWire.js';
import { createSocketHub } from '../viewers/wire/socketHub.js';
import type { WireHub } from '../viewers/wire/wire.js';
import { type ChatPurge, createChatPurge } from './chats/chatPurge.js';
import { type ClientInterceptors, connectLazily, type Temporal } from './temporal.js';

export type ApiConfig = Config & { DATABASE_URL: string };

/** What the api talks to. Each may come later, and go and come back. */
export type Backends = {
  pool: Pool;
  listen: Listener;
  hub: WireHub;
  feeds: Feeds;
  temporal: Temporal;
  chatPurge: ChatPurge;
  /** Closes the api's own connections. Those to a server that does not answer are abandoned after `withinMs`. */
  disconnect(withinMs: number): Promise<void>;
};

const defaultTemporal = '127.0.0.1:7233';

export type Observed = { log: Logger; interceptors: ClientInterceptors; onDelivered: (readAt: number) => void };

export function connectBackends(config: ApiConfig, server: Server, observed: Observed): Backends {
  const { log } = observed;
  const lost = (err: Error) => log.warn({ err }, 'a connection to Postgres was lost');
  const pool = createPool(config.DATABASE_URL, { max: config.DATABASE_POOL, pooled: isPooled(config), onError: lost });
  const listen = createListener({ url: config.DATABASE_DIRECT_URL ?? config.DATABASE_URL, onError: lost });
  const hub = config.RELAY_URL
    ? createRedisHub({ url: config.RELAY_URL, log })
    : createSocketHub({ server, token: config.GATEWAY_TOKEN, log });
  const feeds = createFeeds({ pool, listen, hub, log, onDelivered: observed.onDelivered });
  const temporal = connectLazily({
    address: config.TEMPORAL_ADDRESS ?? defaultTemporal,
    namespace: config.TEMPORAL_NAMESPACE,
    apiKey: config.TEMPORAL_API_KEY,
    tls: config.TEMPORAL_TLS || config.TEMPORAL_API_KEY !== undefined,
    interceptors: observed.interceptors,
  });
  const chatPurge = createChatPurge({ pool, log });
  return {
    pool,
    listen,
    hub,
    feeds,
    temporal,
    chatPurge,
    async disconnect(withinMs) {
      const close = () => Promise.all([listen.close(), pool.end(), temporal.close(withinMs / 2)]);
      const ended = chatPurge
        .close()
        .then(close)
        .then(() => undefined);
      const onTimeout = () => new Error(`a backend did not close its connection within ${withinMs} ms`);
      await withDeadline(ended, withinMs, onTimeout).catch((err: unknown) =>
        log.warn({ err }, 'disconnected without an answer'),
      );
    },
  };
}

import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { type Config, isPooled } from '../config.js';
import { createListener, type Listener } from '../db/core/listen.js';
import { createPool, type Pool } from '../db/core/pool.js';
import { createDeleteWorkflows } from '../engine/chatWorkflows.js';
import { within } from '../lib/within.js';
import { createFeeds, type Feeds } from '../viewers/gateway/feeds.js';
import { createSocketHub } from '../viewers/wire/socketHub.js';
import type { WireHub } from '../viewers/wire/wire.js';
import { type ChatPurge, createChatPurge } from './chats/chatPurge.js';
import { openRequestLimits, type RequestLimits } from './limits/requestLimits.js';
import { type ClientInterceptors, connectLazily, type Temporal } from './temporal.js';

export type ApiConfig = Config & { DATABASE_URL: string };

/** The servers and channels that the api uses. Any of them may be away at the start or later. */
export type Backends = {
  pool: Pool;
  listen: Listener;
  hub: WireHub;
  feeds: Feeds;
  temporal: Temporal;
  chatPurge: ChatPurge;
  requestLimits: RequestLimits;
  /** Closes the api's connections. Gives up after `withinMs` on servers that do not answer. */
  disconnect(withinMs: number): Promise<void>;
};

export type Observed = { log: Logger; interceptors: ClientInterceptors; onDelivered: (readAt: number) => void };

export async function connectBackends(config: ApiConfig, server: Server, observed: Observed): Promise<Backends> {
  const { log } = observed;
  const lost = (err: Error) => log.warn({ err }, 'a connection to Postgres was lost');
  const pool = createPool(config.DATABASE_URL, { max: config.DATABASE_POOL, pooled: isPooled(config), onError: lost });
  const listen = createListener({ url: config.DATABASE_DIRECT_URL ?? config.DATABASE_URL, onError: lost });
  const hub = await openHub(config, server, log);
  const feeds = createFeeds({ pool, listen, hub, log, onDelivered: observed.onDelivered });
  const temporal = connectLazily(config, observed.interceptors);
  const chatPurge = createChatPurge({ pool, deleteWorkflows: createDeleteWorkflows(temporal.client), log });
  const requestLimits = await openRequestLimits(config, log);
  return {
    pool,
    listen,
    hub,
    feeds,
    temporal,
    chatPurge,
    requestLimits,
    async disconnect(withinMs) {
      requestLimits.close();
      const close = () => Promise.all([listen.close(), pool.end(), temporal.close(withinMs / 2)]);
      const ended = chatPurge
        .close()
        .then(close)
        .then(() => undefined);
      const late = () => new Error(`a backend did not close its connection within ${withinMs} ms`);
      await within(withinMs, ended, late).catch((err: unknown) =>
        log.warn({ err }, 'backends were disconnected without an answer'),
      );
    },
  };
}

/** Redis' client is loaded only where there is a Redis: loading it is a tenth of the api's start. */
async function openHub(config: ApiConfig, server: Server, log: Logger): Promise<WireHub> {
  if (!config.RELAY_URL) return createSocketHub({ server, token: config.GATEWAY_TOKEN, log });
  const { createRedisHub } = await import('../viewers/wire/redisWire.js');
  return createRedisHub({ url: config.RELAY_URL, log });
}

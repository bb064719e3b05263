import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Logger, pino } from 'pino';
import { type Auth, createAuth } from '../../../api/http/auth.js';
import { createRateLimit } from '../../../api/limits/rateLimit.js';
import { createViewerPlaces } from '../../../api/limits/viewerPlaces.js';
import { attachLiveSocket, type LiveSocketOptions } from '../../../api/live/liveSocket.js';
import { streamChat, streamTurn } from '../../../api/live/sse.js';
import { createListener } from '../../../db/core/listen.js';
import type { Pool } from '../../../db/core/pool.js';
import { createFeeds, type Feeds, JoinRefused } from '../../../viewers/gateway/feeds.js';
import { createSocketHub } from '../../../viewers/wire/socketHub.js';
import type { WireHub } from '../../../viewers/wire/wire.js';

export const quiet = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });

/** The bearer token with which workers dial a gateway or an api under test. */
export const wireToken = 'a-token-of-the-wire';

export type TestGateway = { url: string; port: number; feeds: Feeds; hub: WireHub; close(): Promise<void> };

export type GatewayOptions = {
  database: { url: string; pool: Pool };
  port?: number;
  auth?: Auth;
  hub?: WireHub;
  log?: Logger;
  /** How many viewers an owner may have. */
  maxPerOwner?: number;
  /** How many wrong keys an address may send in a minute. */
  maxWrongKeys?: number;
} & Partial<Pick<LiveSocketOptions, 'cancelTurn' | 'pingMs'>>;

/** The gateway's parts on a server of their own: the wire, the feeds, the live socket and server-sent events. */
export async function startGateway(options: GatewayOptions): Promise<TestGateway> {
  const { database, auth = createAuth({ apiKeys: undefined, allowedOrigins: [] }) } = options;
  const server = createServer();
  const log = options.log ?? quiet;
  const hub = options.hub ?? createSocketHub({ server, token: wireToken, log });
  const listen = createListener({ url: database.url });
  const feeds = createFeeds({ pool: database.pool, listen, hub, log });
  const places = createViewerPlaces(options.maxPerOwner ?? 2_000);
  const wrongKeys = createRateLimit({ name: 'wrong-keys', perMinute: options.maxWrongKeys ?? 120 });
  const cancelTurn = async () => false;
  const liveSocket = attachLiveSocket(server, { feeds, auth, cancelTurn, places, wrongKeys, ...options, log });
  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', 'http://gateway');
    const [, chatId = '', turnId] = /^\/v1\/chats\/([^/]+)\/events(?:\/of\/([^/]+))?$/.exec(url.pathname) ?? [];
    const ask = { owner: 'local', chatId, after: Number(url.searchParams.get('after') ?? 0) };
    const streaming = turnId ? streamTurn(feeds, response, { ...ask, turnId }) : streamChat(feeds, response, ask);
    streaming.catch((error: unknown) => response.writeHead(error instanceof JoinRefused ? 404 : 503).end());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    feeds,
    hub,
    async close() {
      feeds.close();
      await liveSocket.close();
      await hub.close();
      server.close();
      server.closeAllConnections();
      await listen.close();
    },
  };
}

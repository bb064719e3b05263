import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { createRedisHub, createRedisWire } from '../../../viewers/wire/redisWire.js';
import { createSocketHub } from '../../../viewers/wire/socketHub.js';
import { createSocketWire } from '../../../viewers/wire/socketWire.js';
import { maxMessageBytes, type Wire, type WireHub, type WireItem, type WireToken } from '../../../viewers/wire/wire.js';
import { startRedis } from '../../support/postgres/redis.js';
import { freePort } from '../../support/service/freePort.js';
import { quiet } from '../../support/viewers/gateway.js';
import { onToken, untilReceived } from '../../support/viewers/untilReceived.js';

/** The transport between the two ends, which can be stopped and started again. */
type Transport = {
  hub(): WireHub;
  wire(): Wire;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
};

const secret = 'a-token-of-the-gateway';

async function overSockets(): Promise<Transport> {
  const port = await freePort();
  let server = await listen(port);
  let hub: WireHub;
  return {
    hub() {
      hub = createSocketHub({ server, token: secret, log: quiet });
      return hub;
    },
    wire: () => createSocketWire({ gatewayUrl: `http://127.0.0.1:${port}`, token: secret, log: quiet }),
    async stop() {
      await hub.close();
      await stopServer(server);
    },
    async start() {
      server = await listen(port);
    },
    close: () => stopServer(server),
  };
}

async function overRedis(): Promise<Transport> {
  const redis = await startRedis();
  return {
    hub: () => createRedisHub({ url: redis.url, log: quiet }),
    wire: () => createRedisWire({ url: redis.url, log: quiet }),
    stop: redis.stop,
    start: redis.start,
    close: redis.stop,
  };
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function stopServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

const token = (offset: number, text: string): WireToken => ({
  chatId: 'chat_1',
  turnId: 'turn_1',
  beat: 0,
  fence: 1,
  epoch: 1,
  speakerId: 'chr_1',
  channel: 'text',
  offset,
  text,
});

describe.each([
  ['sockets', overSockets],
  ['Redis', overRedis],
])('the wire over %s', (_name, open) => {
  let transport: Transport;
  let hub: WireHub;
  let wire: Wire;
  const firstToken = (onHub = hub, onWire = wire) =>
    untilReceived(() => onWire.publish(token(0, 'first')), onToken(onHub));

  beforeEach(async () => {
    transport = await open();
    hub = transport.hub();
    wire = transport.wire();
    await firstToken();
  });
  afterEach(async () => {
    await wire.close();
    await hub.close();
    await transport.close();
  });

  test('delivers tokens as they were published, in order', async () => {
    const sent = Array.from({ length: 500 }, (_, i) => token(i, `wörd ${i} 🕯`));
    const received: WireToken[] = [];
    const all = new Promise<void>((resolve) => {
      onToken(hub)((t) => {
        if (t.text.startsWith('wörd')) received.push(t);
        if (received.length === sent.length) resolve();
      });
    });
    for (const t of sent) wire.publish(t);
    await all;
    expect(received).toMatchObject(sent);
  });

  test('delivers a reply of 10 MB in one token', async () => {
    const text = 'x'.repeat(10 * 1024 * 1024);
    const long = new Promise<WireToken>((resolve) => {
      onToken(hub)((t) => t.text.length > 10 && resolve(t));
    });
    wire.publish(token(0, text));
    expect((await long).text.length).toBe(text.length);
  });

  test('delivers heartbeats', async () => {
    const heartbeat = { chatId: 'chat_1', turnId: 'turn_1', elapsedSeconds: 5 };
    const onHeartbeat = (listener: (item: WireItem) => void) =>
      hub.onItem((item) => {
        if (item.type === 'heartbeat') listener(item);
      });
    const received = await untilReceived<WireItem>(() => wire.heartbeat(heartbeat), onHeartbeat);
    expect(received).toMatchObject({ type: 'heartbeat', ...heartbeat });
  });

  test('delivers a stop to every worker', async () => {
    const other = transport.wire();
    try {
      await firstToken(hub, other);
      const stops = [wire, other].map((w) => untilReceived<string>(() => hub.stop('turn_1'), w.onStop));
      expect(await Promise.all(stops)).toEqual(['turn_1', 'turn_1']);
    } finally {
      await other.close();
    }
  });

  test('drops tokens without throwing or waiting while the other end is away, and reconnects by itself', async () => {
    await transport.stop();
    const from = performance.now();
    for (let i = 0; i < 20_000; i++) wire.publish(token(i, 'lost'));
    wire.heartbeat({ chatId: 'chat_1', turnId: 'turn_1', elapsedSeconds: 1 });
    expect(performance.now() - from).toBeLessThan(1_000);
    await transport.start();
    if (_name === 'sockets') hub = transport.hub();
    await firstToken();
  });

  test('counts the workers that are connected', async () => {
    const deadline = Date.now() + 5_000;
    while (hub.connectedWorkers() !== 1 && Date.now() < deadline) await new Promise((r) => setTimeout(r, 20));
    expect(hub.connectedWorkers()).toBe(1);
  });
});

test('a worker whose gateway reads nothing drops tokens instead of buffering them', async () => {
  const port = await freePort();
  const server = await listen(port);
  const stuck = new WebSocketServer({ server, maxPayload: maxMessageBytes });
  const gateway = once(stuck, 'connection') as Promise<[WebSocket]>;
  const wire = createSocketWire({ gatewayUrl: `http://127.0.0.1:${port}`, log: quiet });
  try {
    const [socket] = await gateway;
    let received = 0;
    socket.on('message', (data) => {
      received += data.toString().length;
    });
    socket.pause();
    const much = 'x'.repeat(512 * 1024);
    for (let i = 0; i < 256; i++) {
      wire.publish(token(i * much.length, much));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const after = once(socket, 'message');
    socket.resume();
    await after;
    expect(received).toBeLessThan(64 * 1024 * 1024);
  } finally {
    await wire.close();
    for (const client of stuck.clients) client.terminate();
    stuck.close();
    await stopServer(server);
  }
});

describe('a worker that dials a gateway', () => {
  let server: Server;
  let hub: WireHub;
  let url: string;
  beforeAll(async () => {
    server = await listen(0);
    hub = createSocketHub({ server, token: secret, log: quiet });
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/internal/wire`;
  });
  afterAll(async () => {
    await hub.close();
    await stopServer(server);
  });

  const dial = (headers: Record<string, string>, at = url) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(at, { headers });
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('open', () => {
        resolve(101);
        socket.terminate();
      });
      socket.on('error', (error) => (/closed before/.test(error.message) ? undefined : reject(error)));
    });

  test.each([
    ['is accepted with the token', { authorization: `Bearer ${secret}` }, 101],
    ['is refused without a token', {}, 401],
    ['is refused with another token', { authorization: 'Bearer a-token-of-the-gatewaz' }, 401],
    ['is refused with the token without its scheme', { authorization: secret }, 401],
    [
      'is refused with an Origin header, even with the token',
      { authorization: `Bearer ${secret}`, origin: 'https://evil.example' },
      403,
    ],
  ])('%s', async (_who, headers, status) => {
    expect(await dial(headers)).toBe(status);
  });

  test('is never accepted by a gateway that has no token, whatever it sends', async () => {
    const open = await listen(0);
    const closed = createSocketHub({ server: open, token: undefined, log: quiet });
    const { port } = open.address() as AddressInfo;
    try {
      for (const authorization of ['', 'Bearer ', 'Bearer undefined', `Bearer ${secret}`])
        expect(await dial({ authorization }, `ws://127.0.0.1:${port}/internal/wire`)).toBe(401);
      expect(closed.connectedWorkers()).toBe(0);
    } finally {
      await closed.close();
      await stopServer(open);
    }
  });

  test('has its messages ignored where they are not of the wire', async () => {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${secret}` } });
    await once(socket, 'open');
    const received: WireToken[] = [];
    const unsubscribe = onToken(hub)((t) => void received.push(t));
    const good = { type: 'token', ...token(0, 'good') };
    for (const bad of ['', 'nonsense', '{}', '[null, 1, {}]', JSON.stringify([{ ...good, offset: -1 }])])
      socket.send(bad);
    socket.send(JSON.stringify([{ ...good, text: 5 }, { type: 'newer', chatId: 'c', turnId: 't' }, good]));
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    unsubscribe();
    expect(received.map((t) => t.text)).toEqual(['good']);
  });
});

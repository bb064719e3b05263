import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createRedisHub, createRedisWire } from '../../../viewers/wire/redisWire.js';
import type { Wire, WireToken } from '../../../viewers/wire/wire.js';
import { seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startRedis, type TestRedis } from '../../support/postgres/redis.js';
import { startReply } from '../../support/provider/reply.js';
import { openCuttableWay } from '../../support/service/cuttableWay.js';
import { until } from '../../support/until.js';
import { quiet, startGateway, type TestGateway } from '../../support/viewers/gateway.js';
import { onToken, untilReceived } from '../../support/viewers/untilReceived.js';
import { watchSocket } from '../../support/viewers/viewer.js';

let redis: TestRedis;
let database: TestDatabase;
let gateways: TestGateway[];
let wire: Wire;

beforeAll(async () => {
  [redis, database] = await Promise.all([startRedis(), createTestDatabase()]);
}, 60_000);
afterAll(async () => {
  await redis?.stop();
  await database?.drop();
});
beforeEach(async () => {
  wire = createRedisWire({ url: redis.url, log: quiet });
  const start = () => startGateway({ database, hub: createRedisHub({ url: redis.url, log: quiet }) });
  gateways = await Promise.all([start(), start(), start()]);
  await Promise.all(gateways.map(({ hub }) => untilReceived(() => wire.publish(probe), onToken(hub))));
});
afterEach(async () => {
  await wire.close();
  await Promise.all(gateways.map((gateway) => gateway.close()));
});

const probe: WireToken = {
  chatId: 'chat_0',
  turnId: 'turn_0',
  beat: 0,
  fence: 1,
  epoch: 1,
  speakerId: 'chr_0',
  channel: 'text',
  offset: 0,
  text: 'Anybody there?',
};

test('over Redis the viewers of several gateways all get each token', async () => {
  const { chatId } = await seedChat(database.pool);
  const viewers = gateways.map((gateway) => watchSocket(gateway.url, chatId));
  await Promise.all(viewers.map((viewer) => viewer.untilEvent('scene_opened')));
  const reply = await startReply(database.pool, wire, chatId);
  for (const word of ['The ', 'lamp ', 'is ', 'lit.']) {
    await reply.say(word, 'wire');
    const shown = viewers.map((viewer) => viewer.until(() => viewer.text(reply.turnId) === reply.said(), word));
    await Promise.all(shown);
  }
  await reply.land();
  await reply.finish();
  await Promise.all(viewers.map((viewer) => viewer.untilEvent('turn_completed')));
  expect(viewers.flatMap((viewer) => viewer.violations)).toEqual([]);
  for (const viewer of viewers) viewer.close();
});

test('over Redis every gateway can stop the stream of every worker', async () => {
  for (const { hub } of gateways) {
    expect(await untilReceived<string>(() => hub.stop('turn_9'), wire.onStop)).toBe('turn_9');
  }
});

test('tokens come from the checkpoints while Redis is away, and from the wire once it is back', async () => {
  const { chatId } = await seedChat(database.pool);
  const viewer = watchSocket(gateways[0]!.url, chatId);
  await viewer.untilEvent('scene_opened');
  const reply = await startReply(database.pool, wire, chatId);
  await redis.stop();
  await reply.say('The lamp ', 'both');
  await viewer.until(() => viewer.text(reply.turnId) === 'The lamp ', 'the checkpoint');
  await redis.start();
  await untilReceived(() => wire.publish(probe), onToken(gateways[0]!.hub));
  await reply.say('is lit.', 'wire');
  await viewer.until(() => viewer.text(reply.turnId) === 'The lamp is lit.', 'the wire');
  viewer.close();
});

test('while Redis hangs, the gateway reports no worker and tokens come from the checkpoints; then from the wire', async () => {
  const { hub, url } = gateways[0]!;
  const { chatId } = await seedChat(database.pool);
  const viewer = watchSocket(url, chatId);
  await viewer.untilEvent('scene_opened');
  await until('a worker', async () => (hub.connectedWorkers() === 1 ? true : null));
  const reply = await startReply(database.pool, wire, chatId);
  redis.hang();
  try {
    await until('no worker', async () => (hub.connectedWorkers() === 0 ? true : null));
    await reply.say('The lamp ', 'both');
    await viewer.until(() => viewer.text(reply.turnId) === 'The lamp ', 'the checkpoint');
  } finally {
    redis.resume();
  }
  await untilReceived(() => wire.publish(probe), onToken(hub));
  await reply.say('is lit.', 'wire');
  await viewer.until(() => viewer.text(reply.turnId) === 'The lamp is lit.', 'the wire');
  await until('a worker', async () => (hub.connectedWorkers() === 1 ? true : null));
  viewer.close();
}, 60_000);

test('a connection to Redis on which nothing arrives any more is replaced by one that works', async () => {
  const way = await openCuttableWay({ host: '127.0.0.1', port: Number(new URL(redis.url).port) });
  const hub = createRedisHub({ url: `redis://127.0.0.1:${way.port}`, log: quiet });
  try {
    await untilReceived(() => wire.publish(probe), onToken(hub));
    way.silence();
    await until('a token on a new connection', async () => {
      const arrived = onToken(hub);
      return untilReceived(() => wire.publish(probe), arrived).catch(() => null);
    });
    await until('both connections', async () => (hub.connectedWorkers() > 0 ? true : null));
  } finally {
    await hub.close();
    await way.close();
  }
}, 60_000);

test('a Redis that refuses the password, or every connection, is reported once in half a minute, without the password', async () => {
  const guarded = await startRedis('--requirepass', 'the-right-password');
  const refusing = createServer((socket) => void socket.destroy()).listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const { port } = refusing.address() as AddressInfo;
  const urls = [guarded.url.replace('//', '//:a-wrong-password@'), `redis://127.0.0.1:${port}`];
  for (const url of urls) {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    const hub = createRedisHub({ url, log });
    await until('both ends are reported', async () => (lines.length >= 2 ? true : null));
    let refused = 0;
    refusing.on('connection', () => {
      refused += 1;
    });
    if (url.includes(`:${port}`)) await until('ten attempts', async () => (refused >= 10 ? true : null));
    await hub.close();
    expect(lines.map((line) => JSON.parse(line)).map(({ end, msg }) => ({ end, msg }))).toEqual(
      expect.arrayContaining([
        { end: 'publisher', msg: 'Redis is away; trying again' },
        { end: 'subscriber', msg: 'Redis is away; trying again' },
      ]),
    );
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('a-wrong-password');
  }
  refusing.close();
  await guarded.stop();
}, 60_000);

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createRedisHub, createRedisWire } from '../../../viewers/wire/redisWire.js';
import type { Wire, WireToken } from '../../../viewers/wire/wire.js';
import { seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startRedis, type TestRedis } from '../../support/postgres/redis.js';
import { startReply } from '../../support/provider/reply.js';
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

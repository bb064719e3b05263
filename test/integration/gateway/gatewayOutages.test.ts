import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { createSocketWire } from '../../../viewers/wire/socketWire.js';
import { seedChat } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startReply } from '../../support/provider/reply.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { type StallingProxy, startStallingProxy } from '../../support/service/stallingProxy.js';
import { openEventSource, readyStates, type TestEventSource } from '../../support/viewers/eventSource.js';
import { quiet, wireToken } from '../../support/viewers/gateway.js';
import { type TestViewer, watchEvents, watchSocket } from '../../support/viewers/viewer.js';

let database: TestDatabase;
let proxy: StallingProxy;
let api: TestApi;
let chatId: string;
let sources: TestEventSource[] = [];

const startApi = (env: Record<string, string> = {}) =>
  startTestApi({ database, env: { DATABASE_URL: proxy.url, DATABASE_POOL: '4', ...env } });

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await startStallingProxy(database.url);
  chatId = (await seedChat(database.pool)).chatId;
  api = await startApi();
}, 60_000);
afterEach(async () => {
  for (const source of sources) source.close();
  sources = [];
  proxy.resume();
  await api.close();
  await proxy.close();
  await database.drop();
}, 60_000);

function follow(headers: Record<string, string> = {}): TestEventSource {
  const source = openEventSource(`${api.url}/v1/chats/${chatId}/events`, headers);
  sources.push(source);
  return source;
}

const seqs = ({ frames }: Pick<TestEventSource, 'frames'>) =>
  frames.flatMap((frame) => (frame.type === 'event' ? [frame.seq] : []));

/** A turn of one reply, of which the wire brings nothing. */
async function playTurn(): Promise<void> {
  const reply = await startReply(database.pool, { publish: () => undefined }, chatId);
  await reply.say('The lamp is lit.', 'checkpoint');
  await reply.land();
  await reply.finish();
}

const untilUnavailable = async () => {
  const answer = await api.client.send<{ code: string }>('GET', '/v1/chats');
  expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
};

describe('an EventSource', () => {
  test('survives a frozen Postgres and a restart of the api, and misses no event', async () => {
    const source = follow();
    await source.until('the log', () => seqs(source).length === 2);
    expect([source.retryMs() >= 1_000, source.retryMs() <= 2_000]).toEqual([true, true]);
    proxy.stall();
    const { port } = new URL(api.url);
    await api.close();
    await playTurn();
    api = await startApi({ PORT: port });
    await untilUnavailable();
    await source.until('a temporary refusal', () => source.comments.some((comment) => /unavailable/.test(comment)));
    expect(source.retryMs()).toBeLessThanOrEqual(3_000);
    proxy.resume();
    await source.until('what it missed', () => seqs(source).length === 6, 10_000);
    expect(source.readyState()).toBe(readyStates.open);
    expect(seqs(source)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(source.statuses)).toEqual(new Set([200]));
  }, 60_000);

  test('is temporarily refused within seconds by an api whose connections to Postgres are frozen', async () => {
    await (await fetch(`${api.url}/v1/chats`)).text();
    proxy.stall();
    const from = performance.now();
    const source = follow();
    await source.until('a temporary refusal', () => source.comments.some((comment) => /unavailable/.test(comment)));
    expect(performance.now() - from).toBeLessThan(8_000);
    proxy.resume();
    await source.until('the log', () => seqs(source).length === 2, 10_000);
    expect(new Set(source.statuses)).toEqual(new Set([200]));
  }, 60_000);

  test('that exceeds the request limit gets the delay after which to reconnect', async () => {
    await api.close();
    api = await startApi({ REQUESTS_PER_MINUTE: '3' });
    for (let n = 0; n < 3; n++) await api.client.send('GET', '/v1/you');
    expect((await api.client.send('GET', '/v1/you')).status).toBe(429);
    const answer = await fetch(`${api.url}/v1/chats/${chatId}/events`, { headers: { accept: 'text/event-stream' } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const text = await answer.text();
    expect(text).toMatch(/^retry: \d{4,5}\n\n: rate_limited: Try again in \d+ s: at most 3 requests a minute\n\n$/);
    expect(Number(/\d+/.exec(text)?.[0])).toBeLessThanOrEqual(31_000);
    const json = await fetch(`${api.url}/v1/chats/${chatId}/events`);
    expect(json.status).toBe(429);
  }, 60_000);

  test('gets a final status where no later request could succeed', async () => {
    await api.close();
    api = await startApi({ API_KEYS: 'alpha' });
    const statusOf = async (path: string, headers: Record<string, string>) => {
      const answer = await fetch(api.url + path, { headers: { accept: 'text/event-stream', ...headers } });
      await answer.text();
      return [answer.status, answer.headers.get('content-type')];
    };
    const problem = 'application/problem+json';
    const key = { authorization: 'Bearer alpha' };
    expect(await statusOf(`/v1/chats/${chatId}/events`, {})).toEqual([401, problem]);
    expect(await statusOf('/v1/chats/chat_none/events', key)).toEqual([404, problem]);
    expect(await statusOf(`/v1/chats/${chatId}/events?after=99`, key)).toEqual([400, problem]);
    expect(await statusOf(`/v1/chats/${chatId}/events`, { ...key, 'last-event-id': 'x' })).toEqual([400, problem]);
  }, 60_000);
});

describe('the stream of a turn', () => {
  test('is refused with a problem, as any other request, when the turn can not be accepted', async () => {
    proxy.stall();
    await untilUnavailable();
    const answer = await api.client.send(
      'POST',
      `/v1/chats/${chatId}/turns`,
      { text: 'Hello' },
      {
        accept: 'text/event-stream',
      },
    );
    expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  }, 60_000);
});

describe('a live socket at an api with failures', () => {
  const dial = () => new WebSocket(`${api.url.replace('http', 'ws')}/v1/chats/${chatId}/live`);

  test('that is opened while Postgres is frozen is accepted, and closed with 1013 within seconds', async () => {
    await (await fetch(`${api.url}/v1/chats`)).text();
    proxy.stall();
    const from = performance.now();
    const socket = dial();
    await once(socket, 'open');
    const [code] = await once(socket, 'close');
    expect(code).toBe(1013);
    expect(performance.now() - from).toBeLessThan(8_000);
    proxy.resume();
    const again = dial();
    await once(again, 'message');
    again.terminate();
  }, 60_000);

  test('that is opened while Postgres refuses connections is accepted, and closed with 1013', async () => {
    await api.close();
    api = await startApi({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    const [code] = await once(dial(), 'close');
    expect(code).toBe(1013);
  }, 60_000);
});

/** Milliseconds, longer than any statement may take and than the wait for its answer. */
const longFreezeMs = 26_000;

describe('a Postgres that is frozen for 26 seconds', () => {
  test('disconnects no viewer, live or catching up, and none misses or gets anything twice', async () => {
    await playTurn();
    const wire = createSocketWire({ gatewayUrl: api.url, token: wireToken, log: quiet });
    const reply = await startReply(database.pool, wire, chatId);
    await reply.say('The lamp ', 'checkpoint');
    const live = [watchSocket(api.url, chatId), watchEvents(api.url, chatId)];
    for (const viewer of live) await viewer.until(() => viewer.text(reply.turnId) === 'The lamp ', 'the draft');
    const other = (await seedChat(database.pool)).chatId;
    const catchingUp = watchSocket(api.url, other);
    const closes: number[] = [];
    const track = (viewer: TestViewer) => void viewer.closed.then(({ code }) => closes.push(code));
    for (const viewer of [...live, catchingUp]) track(viewer);
    await catchingUp.until(({ frames }) => frames.length > 0, 'hello');
    proxy.stall();
    // Tokens from the wire need no Postgres. Events of the log wait for it.
    await reply.say('turns ', 'both');
    for (const viewer of live) await viewer.until(() => viewer.text(reply.turnId).endsWith('turns '), 'the wire');
    await reply.land();
    await reply.finish();
    await new Promise((resolve) => setTimeout(resolve, longFreezeMs));
    expect(closes).toEqual([]);
    proxy.resume();
    for (const viewer of live) {
      await viewer.untilEvent('turn_completed', reply.turnId);
      expect([viewer.text(reply.turnId), viewer.of('restart'), viewer.violations]).toEqual(['The lamp turns ', [], []]);
      expect(viewer.of('event').map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, n) => n + 1));
    }
    await catchingUp.until(({ cursor }) => cursor() === 2, 'its log');
    expect([closes, catchingUp.violations]).toEqual([[], []]);
    for (const viewer of [...live, catchingUp]) viewer.close();
    await wire.close();
  }, 90_000);
});

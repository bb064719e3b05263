import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import type { Problem } from '../../../client/src/index.js';
import { createLog } from '../../../telemetry/log/log.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { freePort } from '../../support/service/freePort.js';
import { scrape } from '../../support/telemetry/exposition.js';
import { createServiceClient } from '../../support/viewers/serviceClient.js';
import { watchEvents, watchSocket } from '../../support/viewers/viewer.js';

jest.setTimeout(30_000);

/** Answers with the status of the handshake, or the code of the close that follows it. */
function dial(url: string, options: { protocols?: string[]; headers?: Record<string, string> } = {}): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'), options.protocols ?? [], {
      headers: options.headers ?? {},
    });
    const say = (code: number) => {
      resolve(code);
      socket.terminate();
    };
    socket.on('unexpected-response', (_request, response) => say(response.statusCode ?? 0));
    socket.on('message', () => say(101));
    socket.on('close', (code) => say(code));
    socket.on('error', () => undefined);
  });
}

describe('the places of an owner', () => {
  let api: TestApi;
  let chatId: string;
  beforeAll(async () => {
    api = await startTestApi({ env: { VIEWERS_PER_OWNER: '2' } });
    chatId = (await api.client.newChat()).id;
  }, 60_000);
  afterAll(() => api.close());
  const opened: { close(): void }[] = [];
  afterEach(() => {
    for (const viewer of opened.splice(0)) viewer.close();
  });
  const track = <T extends { close(): void }>(viewer: T) => {
    opened.push(viewer);
    return viewer;
  };

  it('are shared by sockets and event streams', async () => {
    const socket = track(watchSocket(api.url, chatId));
    const stream = track(watchEvents(api.url, chatId));
    await Promise.all([socket, stream].map((viewer) => viewer.until(() => viewer.cursor() > 0, 'the chat')));
    expect(await dial(`${api.url}/v1/chats/${chatId}/live?after=0`)).toBe(1013);

    const events = await fetch(`${api.url}/v1/chats/${chatId}/events`, { headers: { accept: 'text/event-stream' } });
    // An `EventSource` comes back only after a 200: it is told when, and why.
    expect([events.status, await events.text()]).toEqual([
      200,
      expect.stringMatching(/^retry: \d+\n\n: too_many_viewers/),
    ]);

    const before = await api.client.getChat(chatId);
    const turn = await api.client.send<Problem>(
      'POST',
      `/v1/chats/${chatId}/turns`,
      { text: 'Hi' },
      { accept: 'text/event-stream' },
    );
    expect([turn.status, turn.body.code]).toEqual([429, 'too_many_viewers']);
    expect(await api.client.getChat(chatId)).toMatchObject({ seq: before.seq, activeTurnId: null });

    stream.close();
    await stream.closed;
    const next = track(watchEvents(api.url, chatId));
    await next.until(() => next.cursor() > 0, 'the chat');
  });

  it('bound the waiting requests, so that one without a place is answered at once', async () => {
    const other = await api.client.newChat();
    const viewers = [track(watchSocket(api.url, other.id)), track(watchSocket(api.url, other.id))];
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.cursor() > 0, 'the chat')));
    const turn = await api.client.sendTurn(other.id, 'Hi', { waitSeconds: 300 });
    expect([turn.status, turn.headers.get('preference-applied')]).toEqual([202, null]);
  });
});

describe('the keys of the api', () => {
  let api: TestApi;
  const keys = { ann: 'a-long-enough-key-of-ann', ben: 'short' };
  const lines: string[] = [];
  beforeAll(async () => {
    const to = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    api = await startTestApi({
      env: { API_KEYS: `${keys.ann}:ann,${keys.ben}:ben`, GATEWAY_TOKEN: '', REQUESTS_PER_MINUTE: '10' },
      log: createLog('warn', 'api', { to }),
    });
  }, 60_000);
  afterAll(() => api.close());

  it('are reported at the start when they are short, without being printed', () => {
    const warning = lines.find((line) => line.includes('API_KEYS'));
    expect(JSON.parse(warning ?? '{}')).toMatchObject({ level: 40, keys: 1 });
    expect(lines.join('')).not.toContain(`"${keys.ben}"`);
  });

  it('without GATEWAY_TOKEN admit no worker, which is reported at the start', async () => {
    expect(lines.some((line) => line.includes('GATEWAY_TOKEN is not set'))).toBe(true);
    expect(await dial(`${api.url}/internal/wire`)).toBe(401);
    expect(await dial(`${api.url}/internal/wire`, { headers: { authorization: `Bearer ${keys.ann}` } })).toBe(401);
  });

  it('are counted together when wrong, over HTTP, over sockets and at /metrics', async () => {
    const live = `${api.url}/v1/chats/chat_1/live`;
    const seen: number[] = [];
    for (let n = 0; n < 4; n++) {
      seen.push((await createServiceClient(api.url, { key: `wrong-${n}` }).send('GET', '/v1/you')).status);
      seen.push(await dial(live, { protocols: ['durable-turns.v1', `bearer.wrong-${n}`] }));
      seen.push((await createServiceClient(api.url, { key: `wrong-${n}` }).send('GET', '/metrics')).status);
    }
    expect(seen).toEqual([401, 4401, 401, 401, 4401, 401, 401, 4401, 401, 401, 429, 429]);
    expect(await dial(live, { protocols: ['durable-turns.v1', `bearer.${keys.ann}`] })).toBe(4404);
  });
});

it('with METRICS_PORT the metrics are served there without a key, and not on PORT', async () => {
  const port = await freePort();
  const api = await startTestApi({ env: { API_KEYS: 'a-long-enough-key-of-ann:ann', METRICS_PORT: String(port) } });
  try {
    const read = await scrape(`http://127.0.0.1:${port}/metrics`);
    expect(read.value('durable_turns_gateway_viewers')).toBe(0);
    const ann = createServiceClient(api.url, { key: 'a-long-enough-key-of-ann' });
    expect((await ann.send('GET', '/metrics')).status).toBe(404);
  } finally {
    await api.close();
  }
  const again = createServer().listen(port, '127.0.0.1');
  await once(again, 'listening');
  expect((again.address() as AddressInfo).port).toBe(port);
  again.close();
});

/** Each call of the document with each of its ids, one after another, as none can be; the others are real where known. */
function badPaths(paths: Record<string, object>, real: Record<string, string>) {
  const bad = (name: string) => [
    ...['%00', 'chat_%00', 'turn_%00', 'doc_%00', 'chg_%00', 'chr_%00'],
    `${real[name] ?? 'x'}%00`,
  ];
  const withOthers = (path: string) => path.replace(/\{(\w+)\}/g, (_, other: string) => real[other] ?? 'x');
  return Object.entries(paths).flatMap(([path, item]) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const made = names.flatMap((name) => bad(name).map((value) => withOthers(path.replace(`{${name}}`, value))));
    return Object.keys(item).flatMap((method) => made.map((each) => ({ method, path: each })));
  });
}

describe('U+0000', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ env: { REQUESTS_PER_MINUTE: '100000' } });
  }, 60_000);
  afterAll(() => api.close());

  it('in any id or name of a path is answered 400 or 404', async () => {
    const { body: document } = await api.client.send<{ paths: Record<string, object> }>('GET', '/openapi.json');
    const chat = await api.client.newChat();
    const turn = await api.client.postTurn(chat.id, 'Hi');
    const real: Record<string, string> = { chatId: chat.id, turnId: turn.id, versionId: turn.id };
    const asked: string[] = [];
    for (const { method, path } of badPaths(document.paths, real)) {
      const body = method === 'get' || method === 'delete' ? undefined : {};
      const { status } = await api.client.send(method.toUpperCase(), path, body);
      if (status !== 400 && status !== 404) asked.push(`${method} ${path}: ${status}`);
    }
    expect(asked).toEqual([]);
    expect(Object.keys(document.paths).filter((path) => path.includes('{')).length).toBeGreaterThan(25);
  });

  it('in the query of a list is answered 400', async () => {
    const chat = await api.client.newChat();
    for (const list of [
      'chats',
      'characters',
      'documents',
      'providers',
      `chats/${chat.id}/messages`,
      `chats/${chat.id}/edges`,
      `chats/${chat.id}/scenes`,
    ])
      for (const query of ['cursor=%00', 'cursor=chat_%00', 'limit=%00']) {
        const { status } = await api.client.send('GET', `/v1/${list}?${query}`);
        expect([list, query, status]).toEqual([list, query, 400]);
      }
  });

  it('in a cancel frame of a viewer matches no turn', async () => {
    const chat = await api.client.newChat();
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/chats/${chat.id}/live`);
    const frames: { type: string; code?: string }[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(data.toString())));
    await once(socket, 'message');
    socket.send(JSON.stringify({ type: 'cancel', turnId: 'turn_\0' }));
    while (!frames.some(({ type }) => type === 'error')) await once(socket, 'message');
    expect(frames.find(({ type }) => type === 'error')).toMatchObject({ code: 'turn_not_found' });
    socket.terminate();
  });
});

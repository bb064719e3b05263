import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient, type ServiceClient } from '../../support/viewers/serviceClient.js';

jest.setTimeout(20_000);

type Refusal = { code: string; status: number; title: string; type: string; detail: string };

/** A request whose every header is ours to say: `fetch` sets Host itself. */
function raw(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
  body = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('an api with keys', () => {
  let api: TestApi;
  let ann: ServiceClient;
  let ben: ServiceClient;
  beforeAll(async () => {
    api = await startTestApi({ env: { API_KEYS: 'alpha:ann,beta:ben', ALLOWED_ORIGINS: 'https://chat.example' } });
    ann = createServiceClient(api.url, { key: 'alpha' });
    ben = createServiceClient(api.url, { key: 'beta' });
  }, 60_000);
  afterAll(() => api.close());

  it('answers 401 to any request without a key', async () => {
    for (const [method, path] of [
      ['GET', '/v1/chats'],
      ['POST', '/v1/characters'],
      ['GET', '/v1/chats/chat_x'],
      ['GET', '/v1/nothing'],
      ['GET', '/metrics'],
    ] as const) {
      const answer = await api.client.send<Refusal>(method, path, method === 'POST' ? {} : undefined);
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized', status: 401 } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    }
    expect((await createServiceClient(api.url, { key: 'alphabet' }).send('GET', '/v1/you')).status).toBe(401);
  });

  it('serves health, readiness, the pages and the OpenAPI document without a key', async () => {
    for (const path of ['/healthz', '/', '/docs', '/page.js', '/openapi.json']) {
      expect((await api.client.send('GET', path)).status).toBe(200);
    }
    expect((await api.client.send('GET', '/readyz')).status).toBe(503);
  });

  it('serves the metrics with any key', async () => {
    expect((await ben.send('GET', '/metrics')).status).toBe(200);
  });

  it('answers 404 for resources of another owner', async () => {
    const host = await ann.createCharacter();
    const chat = await ann.createChat(host.id);
    const turn = await ann.postTurn(chat.id, 'mine');
    const calls: [string, string, unknown?][] = [
      ['GET', `/v1/characters/${host.id}`],
      ['PATCH', `/v1/characters/${host.id}`, { name: 'Eve' }],
      ['DELETE', `/v1/characters/${host.id}`],
      ['POST', '/v1/chats', { kind: 'narrative', hostId: host.id }],
      ['GET', `/v1/chats/${chat.id}`],
      ['PATCH', `/v1/chats/${chat.id}`, { title: 'Eve' }],
      ['PATCH', `/v1/chats/${chat.id}`, {}],
      ['DELETE', `/v1/chats/${chat.id}`],
      ['POST', `/v1/chats/${chat.id}/turns`, { text: 'hi' }],
      ['POST', `/v1/chats/${chat.id}/turns/cancel`],
      ['GET', `/v1/chats/${chat.id}/events`],
      ['GET', `/v1/chats/${chat.id}/messages`],
      ['GET', `/v1/chats/${chat.id}/scenes`],
      ['POST', `/v1/chats/${chat.id}/memories`, { text: 'hi', witnessIds: [host.id] }],
      ['PATCH', `/v1/chats/${chat.id}/memories/mem_1`, { text: 'hi' }],
      ['DELETE', `/v1/chats/${chat.id}/memories/mem_1`],
      ['PATCH', `/v1/chats/${chat.id}/edges`, { sourceId: host.id, targetId: 'you', trust: 1 }],
      ['GET', `/v1/turns/${turn.id}`],
      ['POST', `/v1/turns/${turn.id}/cancel`],
      ['POST', `/v1/turns/${turn.id}/steps/reply:0/retry`],
      ['POST', `/v1/turns/${turn.id}/approvals/call_1`, { approved: true }],
    ];
    for (const [method, path, body] of calls) {
      const answer = await ben.send<Refusal>(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    const stream = await ben.send<Refusal>('GET', `/v1/chats/${chat.id}/events`, undefined, {
      accept: 'text/event-stream',
    });
    expect(stream).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
    expect(await ann.getChat(chat.id)).toMatchObject({ seq: 2, title: null, activeTurnId: turn.id });
    expect((await ann.getTurn(turn.id)).status).toBe('running');
    expect(await ben.send('GET', '/v1/chats')).toMatchObject({ body: { items: [], next: null } });
    await ann.send('PUT', '/v1/you', { name: 'Ann', persona: '' });
    expect(await ben.send('GET', '/v1/you')).toMatchObject({ body: { name: 'You' } });
  });

  it('lets an allowed origin read and write, and refuses another one', async () => {
    const good = { origin: 'https://chat.example', 'access-control-request-method': 'POST' };
    const preflight = await api.client.send('OPTIONS', '/v1/characters', undefined, good);
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://chat.example');
    const body = { name: 'Mira', persona: '' };
    expect((await ann.send('POST', '/v1/characters', body, good)).status).toBe(201);

    const secure = { origin: api.url.replace('http:', 'https:') };
    expect((await ann.send('POST', '/v1/characters', body, secure)).status).toBe(403);
    expect((await ann.send('POST', '/v1/characters', body, { ...secure, 'x-forwarded-proto': 'https' })).status).toBe(
      201,
    );

    const bad = { origin: 'https://evil.example' };
    const refused = await ann.send('POST', '/v1/characters', body, bad);
    expect(refused).toMatchObject({ status: 403, body: { code: 'foreign_origin' } });
    const read = await ann.send('GET', '/v1/characters', undefined, bad);
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('an api without keys', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ env: { REQUESTS_PER_MINUTE: '40' } });
  }, 60_000);
  afterAll(() => api.close());

  it('refuses a host name that points at this machine', async () => {
    for (const path of ['/v1/chats', '/', '/metrics']) {
      const answer = await raw(`${api.url}${path}`, { host: 'evil.example' });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'foreign_host' });
    }
    const { port } = new URL(api.url);
    expect((await raw(`${api.url}/v1/chats`, { host: `localhost:${port}` })).status).toBe(200);
  });

  it('refuses a page of another site or port', async () => {
    const body = '{"name":"Mira","persona":""}';
    const post = (origin: string) =>
      raw(`${api.url}/v1/characters`, { 'content-type': 'application/json', origin }, 'POST', body);
    expect((await post(api.url)).status).toBe(201);
    for (const origin of ['https://evil.example', 'http://127.0.0.1:1', 'null']) {
      expect((await post(origin)).status).toBe(403);
    }
  });

  it('answers too many requests with Retry-After, and health still with 200', async () => {
    let limited = await api.client.send<Refusal>('GET', '/v1/you');
    for (let i = 0; i < 60 && limited.status === 200; i++) limited = await api.client.send('GET', '/v1/you');
    expect(limited).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await api.client.send('GET', '/healthz')).status).toBe(200);
  });
});

describe('an api with Postgres away', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ env: { DATABASE_URL: 'postgres://nobody:secret-word@127.0.0.1:1/none' } });
  }, 60_000);
  afterAll(() => api.close());

  it('answers every call with 503, a code and Retry-After', async () => {
    for (const [method, path, body] of [
      ['GET', '/v1/chats'],
      ['PUT', '/v1/you', { name: 'a', persona: 'b' }],
      ['POST', '/v1/chats/chat_1/turns', { text: 'hi' }],
      ['POST', '/v1/turns/turn_1/cancel'],
    ] as const) {
      const answer = await api.client.send<Refusal>(method, path, body);
      expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(JSON.stringify(answer.body)).not.toContain('secret-word');
    }
  });

  it('is alive, and its readiness names Postgres', async () => {
    expect((await api.client.send('GET', '/healthz')).status).toBe(200);
    const ready = await api.client.send<Refusal>('GET', '/readyz');
    expect(ready).toMatchObject({ status: 503, body: { checks: { temporal: 'ok' } } });
    expect(ready.body.detail).toContain('postgres');
    expect(JSON.stringify(ready.body)).not.toContain('secret-word');
  });
});

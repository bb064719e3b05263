import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Problem } from '../../../client/src/index.js';
import { createSend } from '../../../scripts/fuzz/send.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

jest.setTimeout(20_000);

let api: TestApi;
let chatId: string;
let hostId: string;
beforeAll(async () => {
  api = await startTestApi({ env: { REQUESTS_PER_MINUTE: '1000000' } });
  hostId = (await api.client.createCharacter()).id;
  chatId = (await api.client.createChat(hostId)).id;
}, 60_000);
afterAll(() => api.close());

/** Sends bytes as they are. */
async function sendRaw(
  method: string,
  path: string,
  body: string | Uint8Array | null,
  headers: Record<string, string> = {},
) {
  const response = await fetch(api.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body as string | null,
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, body: (/json/.test(type) ? JSON.parse(text) : text) as Problem };
}

describe('a body that is not JSON', () => {
  it.each(['{', '{"name":', 'name=Mira', '', ' ', '{"a":1}{', '\ufeff', "{'a':1}", '[1,]'])(
    'is refused: %j',
    async (body) => {
      const answer = await sendRaw('POST', '/v1/characters', body);
      expect(answer).toMatchObject({ status: 400, type: 'application/problem+json' });
      expect(['invalid_json', 'invalid_body']).toContain(answer.body.code);
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    '',
  ])('of the media type %j is refused with 415', async (type) => {
    const answer = await sendRaw('POST', '/v1/characters', '{}', { 'content-type': type });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  });

  it('of an unknown or wrong encoding or charset is refused', async () => {
    expect((await sendRaw('POST', '/v1/characters', '{}', { 'content-encoding': 'zstd2' })).status).toBe(415);
    const charset = { 'content-type': 'application/json; charset=klingon' };
    expect((await sendRaw('POST', '/v1/characters', '{}', charset)).status).toBe(415);
    expect((await sendRaw('POST', '/v1/characters', '{}', { 'content-encoding': 'gzip' })).status).toBe(400);
  });

  it.each(['utf-16', 'utf-16le', 'UTF-32', 'utf-7', '"utf-16"', 'iso-8859-1', 'utf-8; charset=utf-16'])(
    'in the charset %s is refused, whatever its content',
    async (charset) => {
      const type = { 'content-type': `application/json; charset=${charset}` };
      const body = Buffer.from('{"name":"Mira","persona":""}', charset.includes('16') ? 'utf16le' : 'utf8');
      const answer = await sendRaw('POST', '/v1/characters', body, type);
      expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    },
  );

  it.each(['utf-8', 'UTF-8', '"utf-8"'])('in the charset %s is accepted', async (charset) => {
    const type = { 'content-type': `application/json; charset=${charset}` };
    expect((await sendRaw('POST', '/v1/characters', '{"name":"Mïra","persona":""}', type)).status).toBe(201);
  });

  it('larger than 1 MiB is refused, with and without a content length', async () => {
    const large = `"${'x'.repeat(1024 * 1024)}"`;
    expect(await sendRaw('POST', '/v1/characters', large)).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(large));
        controller.close();
      },
    });
    const response = await fetch(`${api.url}/v1/characters`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    await response.body?.cancel();
  });
});

describe('a body of 1 MiB that is slow to parse', () => {
  const filled = (piece: (n: number) => string) => {
    let body = '';
    for (let n = 0; body.length < 1_000_000; n++) body += piece(n);
    return body;
  };
  it.each<[string, () => string]>([
    ['levels', () => `${'['.repeat(500_000)}${']'.repeat(500_000)}`],
    ['open brackets', () => '['.repeat(1_000_000)],
    ['names', () => `{${filled((n) => `"${n}":0,`)}"name":"Mira"}`],
    ['objects in a known field', () => `{"name":"Mira","persona":[${filled((n) => `{"${n}":0},`)}0]}`],
    ['objects behind a long string', () => `["${'\\"[,'.repeat(100_000)}",${filled(() => '{},').slice(0, 500_000)}0]`],
  ])('because of its many %s is refused', async (_, body) => {
    const answer = await sendRaw('POST', '/v1/characters', body());
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    expect(answer.body.detail).toContain('100000 values, names and brackets');
  });

  it('only because of one long string is accepted', async () => {
    const answer = await sendRaw(
      'POST',
      '/v1/documents',
      JSON.stringify({ title: 'T', body: '[{,:"\\'.repeat(120_000) }),
    );
    expect(answer.status).toBe(201);
  });
});

describe('a body that does not match its schema', () => {
  const turns = () => `/v1/chats/${chatId}/turns`;
  it.each<[string, () => string, unknown, string]>([
    ['POST', () => '/v1/characters', {}, 'name'],
    ['POST', () => '/v1/characters', null, 'body'],
    ['POST', () => '/v1/characters', [], 'body'],
    ['POST', () => '/v1/characters', 'text', 'body'],
    ['POST', () => '/v1/characters', { name: 'a', persona: 'b', colour: 'c' }, 'colour'],
    ['POST', () => '/v1/characters', { name: '', persona: 'b' }, 'name'],
    ['POST', () => '/v1/characters', { name: 'x'.repeat(201), persona: 'b' }, 'name'],
    ['POST', () => '/v1/characters', { name: 'a', persona: 'x'.repeat(200_001) }, 'persona'],
    ['POST', () => '/v1/characters', { name: 'a', persona: 'b\0' }, 'persona'],
    ['POST', () => '/v1/characters', { name: 'a', persona: 1 }, 'persona'],
    ['PUT', () => '/v1/you', { name: 'a' }, 'persona'],
    ['PUT', () => '/v1/you', { name: 'a', persona: 'b', id: 'you' }, 'id'],
    ['PATCH', () => `/v1/characters/${hostId}`, { name: null }, 'name'],
    ['POST', () => '/v1/chats', {}, 'kind'],
    ['POST', () => '/v1/chats', { kind: 'poem' }, 'kind'],
    ['POST', () => '/v1/chats', { kind: 'narrative' }, 'hostId'],
    ['POST', () => '/v1/chats', { kind: 'narrative', hostId: 'x', scene: {} }, 'scene.container'],
    ['POST', () => '/v1/chats', { kind: 'narrative', hostId: 'x', scene: { container: 'a', mood: 'b' } }, 'scene.mood'],
    ['POST', () => '/v1/chats', { kind: 'narrative', hostId: 'x', title: 'a\0' }, 'title'],
    ['PATCH', () => `/v1/chats/${chatId}`, { title: 7 }, 'title'],
    ['PATCH', () => `/v1/chats/${chatId}`, { kind: 'agent' }, 'kind'],
    ['POST', turns, {}, 'text'],
    ['POST', turns, { text: ['a'] }, 'text'],
    ['POST', turns, { text: 'a\u0000b' }, 'text'],
    ['POST', turns, { text: 'a', quote: 'b\0' }, 'quote'],
    ['POST', turns, { text: 'a', stop: ['b', '\0'] }, 'stop'],
    ['POST', turns, { text: 'a', stop: ['\ud800'] }, 'stop'],
    ['PATCH', () => `/v1/chats/${chatId}`, { stop: ['\0'] }, 'stop'],
    ['POST', turns, { text: 'a', whenBusy: 'later' }, 'whenBusy'],
    ['POST', turns, { text: 'a', whenFailed: 'retry' }, 'whenFailed'],
    ['POST', turns, { text: 'a', Text: 'b' }, 'Text'],
    ['POST', () => '/v1/turns/turn_1/cancel', { force: true }, 'force'],
    ['POST', () => '/v1/turns/turn_1/approvals/c', { approved: 'yes' }, 'approved'],
  ])('is refused for %s %s with %j, and the error names %s', async (method, path, body, named) => {
    const answer = await sendRaw(method, path(), JSON.stringify(body));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
    expect(answer.body.detail).toContain(`${named}: `);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'with the field %s is refused like one with any other unknown field',
    async (key) => {
      const answer = await sendRaw('POST', turns(), `{"text":"a","${key}":{"admin":true}}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_body' } });
      expect(answer.body.detail).toContain(`${key}: `);
    },
  );

  it('is refused without repeating its text', async () => {
    const answer = await sendRaw('POST', '/v1/chats', '{"kind":"canary-word","title":["canary-word"]}');
    expect(JSON.stringify(answer.body)).not.toContain('canary-word');
  });

  it('that is absent counts as an empty one', async () => {
    const turn = await api.client.postTurn(chatId, 'a');
    expect((await fetch(`${api.url}/v1/turns/${turn.id}/cancel`, { method: 'POST' })).status).toBe(204);
    expect((await sendRaw('POST', `/v1/turns/${turn.id}/cancel`, '{}')).status).toBe(204);
    const patched = await fetch(`${api.url}/v1/chats/${chatId}`, { method: 'PATCH' });
    expect(patched.status).toBe(200);
    await patched.body?.cancel();
  });
});

describe('a path', () => {
  it.each([
    '/v1/nothing',
    '/v1',
    '/nothing',
    '/v1/chats/chat_1/nothing',
    '/v1/provider',
    '/docs/nothing',
    '/..%2f..%2fetc/passwd',
  ])('of %s without a route is answered 404', async (path) => {
    const answer = await sendRaw('GET', path, null);
    expect(answer).toMatchObject({ status: 404, type: 'application/problem+json', body: { code: 'not_found' } });
  });

  it('that does not allow the method names those that it allows', async () => {
    const response = await fetch(`${api.url}/v1/chats/${chatId}`, { method: 'PUT' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, PATCH, DELETE, HEAD, OPTIONS');
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it('that cannot be decoded is refused', async () => {
    const answer = await sendRaw('GET', '/v1/chats/%E0%A4%A', null);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_path' } });
  });

  it.each(['%00', 'chat_%00', "chat_1'%3B--", 'chat_🙂', '..', 'turn_1', 'x'.repeat(5_000)])(
    'with the invalid id %s is answered 404',
    async (id) => {
      const answer = await sendRaw('GET', `/v1/chats/${id}/events`, null);
      expect(answer.status).toBe(404);
    },
  );

  it('answers HEAD like GET', async () => {
    expect((await fetch(`${api.url}/v1/chats/${chatId}`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('the id of a request', () => {
  it('is kept when it is valid, and generated otherwise', async () => {
    const idOf = async (headers: Record<string, string>) =>
      (await fetch(`${api.url}/healthz`, { headers })).headers.get('x-request-id');
    expect(await idOf({ 'x-request-id': 'abc-123' })).toBe('abc-123');
    expect(await idOf({ 'x-request-id': 'a b\tc' })).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf({})).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a request that HTTP allows and few clients send', () => {
  const send = async (headers: Record<string, string>, body: string | null) => {
    const { send, close } = createSend(api.url);
    const answer = await send({
      method: 'GET',
      path: '/v1/you',
      headers,
      body: body === null ? null : Buffer.from(body),
    });
    close();
    return answer?.status;
  };

  it('is answered as without the header when it has an expectation that the service does not know', async () => {
    expect(await send({ expect: 'more' }, null)).toBe(200);
  });

  it('is answered as without a body when it is a GET with one, whatever the body is', async () => {
    expect(await send({ 'content-type': 'application/json' }, '{')).toBe(200);
    expect(await send({ 'content-type': 'text/plain; charset=utf-16' }, 'x')).toBe(200);
  });
});

it('no body of any call makes the service answer 500', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 300 }));
  const value = fc.oneof(
    text,
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('narrative', 'agent', 'enqueue', 'reject'),
  );
  const field = fc.constantFrom(
    ...[
      'name',
      'persona',
      'greeting',
      'kind',
      'title',
      'hostId',
      'scene',
      'text',
      'quote',
      'whenBusy',
      'whenFailed',
      'approved',
    ],
    ...['__proto__', 'constructor'],
  );
  const body = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.array(fc.tuple(field, value), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
    },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
  const calls = fc.constantFrom<[string, string]>(
    ['POST', '/v1/characters'],
    ['PATCH', `/v1/characters/${hostId}`],
    ['PUT', '/v1/you'],
    ['POST', '/v1/chats'],
    ['PATCH', `/v1/chats/${chatId}`],
    ['POST', `/v1/chats/${chatId}/memories`],
    ['PATCH', `/v1/chats/${chatId}/memories/mem_1`],
    ['PATCH', `/v1/chats/${chatId}/edges`],
    ['POST', `/v1/chats/${chatId}/turns`],
    ['POST', '/v1/turns/turn_1/approvals/call'],
    ['POST', '/v1/turns/turn_1/cancel'],
  );
  await fc.assert(
    fc.asyncProperty(calls, body, async ([method, path], sent) => {
      const answer = await sendRaw(method, path, JSON.stringify(sent));
      expect(answer.status).toBeLessThan(500);
    }),
    { numRuns: 400 },
  );
}, 60_000);

it('no query of any call makes the service answer 500', async () => {
  const name = fc.constantFrom('limit', 'cursor', 'after', 'include', 'limit[]', 'after[gt]', '__proto__');
  const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer().map(String), fc.constant('%00'));
  const path = fc.constantFrom(
    '/v1/chats',
    '/v1/characters',
    `/v1/chats/${chatId}/events`,
    `/v1/chats/${chatId}/messages`,
  );
  await fc.assert(
    fc.asyncProperty(path, fc.array(fc.tuple(name, value), { maxLength: 3 }), async (to, pairs) => {
      const query = pairs.map(([key, given]) => `${key}=${encodeURIComponent(given.toWellFormed())}`).join('&');
      expect((await sendRaw('GET', `${to}?${query}`, null)).status).toBeLessThan(500);
    }),
    { numRuns: 200 },
  );
}, 60_000);

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient } from '../client.js';
import { ApiError, UnreachableError } from '../errors.js';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let server: Server | null = null;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = null;
});

async function serve(handle: Handler): Promise<string> {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    handle(request, response, body);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answer = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const quick = { backoff: { firstMs: 1, maxMs: 2 } };

describe('posting a turn', () => {
  test('repeats the post under one idempotency key until the service answers', async () => {
    const keys: unknown[] = [];
    const baseUrl = await serve((request, response) => {
      keys.push(request.headers['idempotency-key']);
      if (keys.length === 1) return void request.socket.destroy();
      if (keys.length === 2) return void answer(response, 503, { code: 'database_unavailable', detail: 'Away.' });
      answer(response, 202, { turn: { id: 'turn_1' } });
    });
    const turn = await createClient({ baseUrl }).postTurn('chat_1', { text: 'Hello.' }, quick);
    expect(turn.id).toBe('turn_1');
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  test('sends the key, the text and the options, and never repeats a refusal', async () => {
    const seen: unknown[] = [];
    const baseUrl = await serve((request, response, body) => {
      seen.push([request.url, request.headers.authorization, JSON.parse(body)]);
      answer(response, 409, { code: 'turn_in_progress', detail: 'A turn is running.' });
    });
    const client = createClient({ baseUrl, key: () => 'secret' });
    const posting = client.postTurn('chat/1', { text: 'Hello.', whenBusy: 'reject' }, quick);
    await expect(posting).rejects.toThrow(new ApiError(409, 'turn_in_progress', 'A turn is running.'));
    expect(seen).toEqual([['/v1/chats/chat%2F1/turns', 'Bearer secret', { text: 'Hello.', whenBusy: 'reject' }]]);
  });

  test('gives up after the allowed attempts', async () => {
    let posts = 0;
    const baseUrl = await serve((request) => {
      posts += 1;
      request.socket.destroy();
    });
    const posting = createClient({ baseUrl }).postTurn('chat_1', { text: 'Hello.' }, { ...quick, attempts: 3 });
    await expect(posting).rejects.toThrow(UnreachableError);
    expect(posts).toBe(3);
  });

  test('stops as soon as the signal aborts', async () => {
    const stop = new AbortController();
    const baseUrl = await serve(() => stop.abort(new Error('no longer wanted')));
    const posting = createClient({ baseUrl }).postTurn('chat_1', { text: 'Hello.' }, { signal: stop.signal });
    await expect(posting).rejects.toThrow('no longer wanted');
  });
});

describe('a request', () => {
  test('that is not answered in time throws UnreachableError', async () => {
    const baseUrl = await serve(() => undefined);
    const client = createClient({ baseUrl, timeoutMs: 50 });
    await expect(client.request('GET', '/healthz')).rejects.toThrow(UnreachableError);
  });

  test('that a proxy refuses without a problem document throws the status and the code unknown', async () => {
    const baseUrl = await serve((_request, response) => void response.writeHead(502).end('<html>'));
    await expect(createClient({ baseUrl }).request('GET', '/healthz')).rejects.toMatchObject({
      status: 502,
      code: 'unknown',
    });
  });

  test('sent with `send` returns a refusal with its status, headers and body', async () => {
    const baseUrl = await serve((_request, response) =>
      answer(response, 404, { code: 'chat_not_found' }, { 'x-request-id': 'r1' }),
    );
    const { status, headers, body } = await createClient({ baseUrl }).send('GET', '/v1/chats/chat_none');
    expect([status, headers.get('x-request-id'), body]).toEqual([404, 'r1', { code: 'chat_not_found' }]);
  });

  test('for a list reads all pages in order', async () => {
    const asked: unknown[] = [];
    const baseUrl = await serve((request, response) => {
      asked.push(request.url);
      answer(response, 200, asked.length === 1 ? { items: [1, 2], next: 'a b' } : { items: [3], next: null });
    });
    const items: number[] = [];
    for await (const item of createClient({ baseUrl }).list<number>('/v1/things?limit=2')) items.push(item);
    expect(items).toEqual([1, 2, 3]);
    expect(asked).toEqual(['/v1/things?limit=2', '/v1/things?limit=2&cursor=a%20b']);
  });
});

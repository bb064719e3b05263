import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { ann, ben, useGatewayFixture } from '../../support/viewers/gatewayFixture.js';

const fixture = useGatewayFixture({ maxPerOwner: 300, maxWrongKeys: 8 });

describe('a live socket', () => {
  const dial = (options: { protocols?: string[]; headers?: Record<string, string>; path?: string }) =>
    new Promise<{ code: number; protocol?: string }>((resolve) => {
      const path = options.path ?? `/v1/chats/${fixture.chatId}/live?after=0`;
      const url = fixture.gateway.url.replace('http', 'ws') + path;
      const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} });
      socket.on('unexpected-response', (_request, response) => {
        resolve({ code: response.statusCode ?? 0 });
        socket.terminate();
      });
      socket.on('message', () => {
        resolve({ code: 101, protocol: socket.protocol });
        socket.terminate();
      });
      socket.on('close', (code) => resolve({ code, protocol: socket.protocol }));
      socket.on('error', () => undefined);
    });

  test('is opened with a key, as a subprotocol or as a header', async () => {
    const granted = { code: 101, protocol: 'durable-turns.v1' };
    expect(await dial({ protocols: ['durable-turns.v1', `bearer.${ann.key}`] })).toEqual(granted);
    expect(await dial({ protocols: [`bearer.${ann.key}`, 'durable-turns.v1'] })).toEqual(granted);
    expect(await dial({ headers: { authorization: `Bearer ${ann.key}` } })).toEqual({ code: 101, protocol: '' });
    for (const between of [',', ', ', ' ,  ']) {
      const offered = `durable-turns.v1${between}bearer.${ann.key}`;
      expect(await selected({ 'sec-websocket-protocol': offered })).toBe('durable-turns.v1');
    }
  });

  /** The subprotocol in the answer to a handshake with these headers. */
  async function selected(headers: Record<string, string>): Promise<string | undefined> {
    const handshake = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const url = `${fixture.gateway.url}/v1/chats/${fixture.chatId}/live`;
    const request = get(url, { headers: { ...handshake, ...headers } });
    const [response, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
    socket.destroy();
    return response.headers['sec-websocket-protocol'];
  }

  test('is closed with 4401 without a key or with a wrong one', async () => {
    expect((await dial({})).code).toBe(4401);
    expect((await dial({ protocols: ['durable-turns.v1'] })).code).toBe(4401);
    expect((await dial({ protocols: ['durable-turns.v1', 'bearer.nobody'] })).code).toBe(4401);
  });

  test('is refused with 429 after too many wrong keys, except with a valid key from the same address', async () => {
    const codes: number[] = [];
    for (let n = 0; n < 10; n++)
      codes.push((await dial({ protocols: ['durable-turns.v1', `bearer.guess-${n}`] })).code);
    expect(codes).toEqual([...Array(8).fill(4401), 429, 429]);
    expect((await dial({ protocols: ['durable-turns.v1', `bearer.${ann.key}`] })).code).toBe(101);
  });

  test("is closed with 4404 for another owner's chat as for one that does not exist", async () => {
    const protocols = ['durable-turns.v1', `bearer.${ben.key}`];
    expect((await dial({ protocols })).code).toBe(4404);
    expect((await dial({ protocols, path: '/v1/chats/chat_none/live' })).code).toBe(4404);
    for (const id of ['%E0%A4%A', '%00', 'chat_%00', `${fixture.chatId}%00`, 'turn_1', 'x'.repeat(5_000)])
      expect([id, (await dial({ protocols, path: `/v1/chats/${id}/live` })).code]).toEqual([id, 4404]);
  });

  test('is closed with 4400 unless its cursor is a seq of the chat', async () => {
    const protocols = ['durable-turns.v1', `bearer.${ann.key}`];
    for (const after of ['3', '-1', '1.5', 'x', '', '0x1', '99999999999999999999', 'NaN', '1e0', '%00']) {
      expect([
        after,
        (await dial({ protocols, path: `/v1/chats/${fixture.chatId}/live?after=${after}` })).code,
      ]).toEqual([after, 4400]);
    }
    for (const query of ['', '?after=0', '?after=2', '?other=1']) {
      expect((await dial({ protocols, path: `/v1/chats/${fixture.chatId}/live${query}` })).code).toBe(101);
    }
  });

  test('is refused with 403 to a page of a foreign origin', async () => {
    const as = (origin: string) => dial({ headers: { authorization: `Bearer ${ann.key}`, origin } });
    expect((await as('https://evil.example')).code).toBe(403);
    expect((await as('null')).code).toBe(403);
    expect((await as(`${fixture.gateway.url}0`)).code).toBe(403);
    expect((await as(fixture.gateway.url)).code).toBe(101);
    expect((await as(fixture.gateway.url.replace('http:', 'https:'))).code).toBe(403);
    expect((await as('https://friend.example')).code).toBe(101);
  });

  test('is refused with 404 at any other path', async () => {
    for (const path of [
      '/',
      '/v1/chats',
      `/v1/chats/${fixture.chatId}`,
      `/v1/chats/${fixture.chatId}/live/more`,
      '//',
    ]) {
      expect([path, (await dial({ path })).code]).toEqual([path, 404]);
    }
  });

  test('answers pings of a client that reads, and not all pings of one that does not', async () => {
    const url = `${fixture.gateway.url.replace('http', 'ws')}/v1/chats/${fixture.chatId}/live`;
    const socket = new WebSocket(url, [`bearer.${ann.key}`, 'durable-turns.v1']);
    await once(socket, 'message');
    socket.ping('one');
    expect(String((await once(socket, 'pong'))[0])).toBe('one');
    let pongs = 0;
    socket.on('pong', () => {
      pongs += 1;
    });
    socket.pause();
    const payload = Buffer.alloc(125);
    const many = 200_000;
    for (let n = 1; n < many; n++) socket.ping(payload);
    await new Promise<void>((sent, failed) => socket.ping(payload, true, (error) => (error ? failed(error) : sent())));
    const answered = new Promise<void>((resolve) => {
      socket.on('message', (data) => JSON.parse(data.toString()).code === 'invalid_frame' && resolve());
    });
    socket.send('{}');
    socket.resume();
    await answered;
    expect(pongs).toBeGreaterThan(0);
    expect(pongs).toBeLessThan(many / 2);
    socket.terminate();
  }, 60_000);

  test('is closed with 1013 when its owner has the maximum of connections', async () => {
    const protocols = [`bearer.${ann.key}`, 'durable-turns.v1'];
    const many = Array.from({ length: 300 }, () => fixture.overSocket());
    await Promise.all(many.map((viewer) => viewer.until(() => viewer.cursor() === 2, 'the chat')));
    expect((await dial({ protocols })).code).toBe(1013);
    many[0]!.close();
    await many[0]!.closed;
    expect((await dial({ protocols })).code).toBe(101);
  }, 60_000);
});

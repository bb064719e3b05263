import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { ann, ben, setStage } from '../../support/viewers/stage.js';

const stage = setStage({ maxPerOwner: 300, maxWrongKeys: 8 });

describe('who may watch', () => {
  const dial = (options: { protocols?: string[]; headers?: Record<string, string>; path?: string }) =>
    new Promise<{ code: number; protocol?: string }>((resolve) => {
      const path = options.path ?? `/v1/chats/${stage.chatId}/live?after=0`;
      const url = stage.gateway.url.replace('http', 'ws') + path;
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

  test('one with a key, as a protocol or as a header', async () => {
    const granted = { code: 101, protocol: 'durable-turns.v1' };
    expect(await dial({ protocols: ['durable-turns.v1', `bearer.${ann.key}`] })).toEqual(granted);
    expect(await dial({ protocols: [`bearer.${ann.key}`, 'durable-turns.v1'] })).toEqual(granted);
    expect(await dial({ headers: { authorization: `Bearer ${ann.key}` } })).toEqual({ code: 101, protocol: '' });
    for (const between of [',', ', ', ' ,  ']) {
      const offered = `durable-turns.v1${between}bearer.${ann.key}`;
      expect(await selected({ 'sec-websocket-protocol': offered })).toBe('durable-turns.v1');
    }
  });

  /** The protocol that is selected in the answer to a handshake written by hand. */
  async function selected(headers: Record<string, string>): Promise<string | undefined> {
    const handshake = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const url = `${stage.gateway.url}/v1/chats/${stage.chatId}/live`;
    const request = get(url, { headers: { ...handshake, ...headers } });
    const [response, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
    socket.destroy();
    return response.headers['sec-websocket-protocol'];
  }

  test('no one without a key, or with a wrong one', async () => {
    expect((await dial({})).code).toBe(4401);
    expect((await dial({ protocols: ['durable-turns.v1'] })).code).toBe(4401);
    expect((await dial({ protocols: ['durable-turns.v1', 'bearer.nobody'] })).code).toBe(4401);
  });

  test('no one who has tried too many, while one with a key is let in from the same address', async () => {
    const codes: number[] = [];
    for (let n = 0; n < 10; n++)
      codes.push((await dial({ protocols: ['durable-turns.v1', `bearer.guess-${n}`] })).code);
    expect(codes).toEqual([...Array(8).fill(4401), 429, 429]);
    expect((await dial({ protocols: ['durable-turns.v1', `bearer.${ann.key}`] })).code).toBe(101);
  });

  test("another owner's chat is as unknown as one that is not there", async () => {
    const protocols = ['durable-turns.v1', `bearer.${ben.key}`];
    expect((await dial({ protocols })).code).toBe(4404);
    expect((await dial({ protocols, path: '/v1/chats/chat_none/live' })).code).toBe(4404);
    for (const id of ['%E0%A4%A', '%00', 'chat_%00', `${stage.chatId}%00`, 'turn_1', 'x'.repeat(5_000)])
      expect([id, (await dial({ protocols, path: `/v1/chats/${id}/live` })).code]).toEqual([id, 4404]);
  });

  test('a cursor is a seq that there is', async () => {
    const protocols = ['durable-turns.v1', `bearer.${ann.key}`];
    for (const after of ['3', '-1', '1.5', 'x', '', '0x1', '99999999999999999999', 'NaN', '1e0', '%00']) {
      expect([after, (await dial({ protocols, path: `/v1/chats/${stage.chatId}/live?after=${after}` })).code]).toEqual([
        after,
        4400,
      ]);
    }
    for (const query of ['', '?after=0', '?after=2', '?other=1']) {
      expect((await dial({ protocols, path: `/v1/chats/${stage.chatId}/live${query}` })).code).toBe(101);
    }
  });

  test('no page of a foreign origin', async () => {
    const as = (origin: string) => dial({ headers: { authorization: `Bearer ${ann.key}`, origin } });
    expect((await as('https://evil.example')).code).toBe(403);
    expect((await as('null')).code).toBe(403);
    expect((await as(`${stage.gateway.url}0`)).code).toBe(403);
    expect((await as(stage.gateway.url)).code).toBe(101);
    expect((await as(stage.gateway.url.replace('http:', 'https:'))).code).toBe(403);
    expect((await as('https://friend.example')).code).toBe(101);
  });

  test('an upgrade elsewhere is answered 404', async () => {
    for (const path of ['/', '/v1/chats', `/v1/chats/${stage.chatId}`, `/v1/chats/${stage.chatId}/live/more`, '//']) {
      expect([path, (await dial({ path })).code]).toEqual([path, 404]);
    }
  });

  test('pings are answered to one who reads, and not without end to one who does not', async () => {
    const url = `${stage.gateway.url.replace('http', 'ws')}/v1/chats/${stage.chatId}/live`;
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

  test('an owner holds a bounded number of connections', async () => {
    const protocols = [`bearer.${ann.key}`, 'durable-turns.v1'];
    const many = Array.from({ length: 300 }, () => stage.overSocket());
    await Promise.all(many.map((viewer) => viewer.until(() => viewer.cursor() === 2, 'the chat')));
    expect((await dial({ protocols })).code).toBe(1013);
    many[0]!.close();
    await many[0]!.closed;
    expect((await dial({ protocols })).code).toBe(101);
  }, 60_000);
});

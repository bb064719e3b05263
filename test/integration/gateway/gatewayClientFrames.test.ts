import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { claim } from '../../support/chats/chats.js';
import { startGateway, type TestGateway } from '../../support/viewers/gateway.js';
import { ann, useGatewayFixture } from '../../support/viewers/gatewayFixture.js';
import { watchSocket } from '../../support/viewers/viewer.js';

let cancelled: unknown[] = [];
const fixture = useGatewayFixture({
  cancelTurn: async (target) => {
    cancelled.push(target);
    return target.turnId !== 'turn_unknown';
  },
});
beforeEach(() => {
  cancelled = [];
});

describe('a client of a live socket', () => {
  async function openSocket() {
    const socket = new WebSocket(
      `${fixture.gateway.url.replace('http', 'ws')}/v1/chats/${fixture.chatId}/live?after=2`,
      ['durable-turns.v1', `bearer.${ann.key}`],
    );
    const frames: { type: string; code?: string }[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(data.toString())));
    await once(socket, 'open');
    const closed = once(socket, 'close').then(([code]) => code as number);
    const answered = async (count: number) => {
      while (frames.filter((f) => f.type === 'error').length < count) await once(socket, 'message');
      return frames.filter((f) => f.type === 'error').map((f) => f.code);
    };
    return { socket, frames, closed, answered };
  }

  test('gets an error for anything but cancel and ping, and stays connected', async () => {
    const { socket, answered } = await openSocket();
    const bad = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '"ping"',
      '{"type":"pong"}',
      '{"type":"cancel"}',
      '{"type":"ping","x":1}',
    ];
    for (const text of bad) socket.send(text);
    socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
    socket.send('{"type":"cancel","turnId":7}');
    expect(await answered(bad.length + 2)).toEqual(Array(bad.length + 2).fill('invalid_frame'));
    const reply = await fixture.begin();
    await once(socket, 'message');
    expect(reply.turnId).toBeTruthy();
    socket.terminate();
  });

  test('stops a turn of its chat with a cancel frame', async () => {
    const { turn } = await claim(fixture.database.pool, fixture.chatId);
    const { socket, answered } = await openSocket();
    socket.send('{"type":"ping"}');
    socket.send(JSON.stringify({ type: 'cancel', turnId: turn.id }));
    socket.send(JSON.stringify({ type: 'cancel', turnId: 'turn_unknown' }));
    expect(await answered(1)).toEqual(['turn_not_found']);
    expect(cancelled).toEqual([
      { chatId: fixture.chatId, turnId: turn.id, owner: 'local' },
      { chatId: fixture.chatId, turnId: 'turn_unknown', owner: 'local' },
    ]);
    socket.terminate();
  });

  test('is closed with 1009 after a frame of more than 16 KiB', async () => {
    const { socket, closed } = await openSocket();
    socket.send(JSON.stringify({ type: 'ping', padding: 'x'.repeat(16 * 1024) }));
    expect(await closed).toBe(1009);
  });

  test('is closed with 1007 after text that is not UTF-8', async () => {
    const { socket, closed } = await openSocket();
    socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await closed).toBe(1007);
  });

  test('is closed with 1008 after more frames than the limit', async () => {
    const { socket, closed } = await openSocket();
    for (let i = 0; i < 400; i++) socket.send('nonsense');
    expect(await closed).toBe(1008);
  });
});

describe('a gateway that pings every 50 ms', () => {
  let strict: TestGateway;
  beforeEach(async () => {
    strict = await startGateway({ database: fixture.database, pingMs: 50 });
  });
  afterEach(() => strict.close());

  test('closes a viewer that answers no ping, and keeps one that does', async () => {
    const answering = watchSocket(strict.url, fixture.chatId);
    const url = `${strict.url.replace('http', 'ws')}/v1/chats/${fixture.chatId}/live`;
    const [code] = await once(new WebSocket(url, { autoPong: false }), 'close');
    expect(code).toBe(1013);
    const reply = await fixture.begin();
    await reply.say('Still here?', 'checkpoint');
    await answering.until(() => answering.text(reply.turnId) === 'Still here?', 'the first token');
    answering.close();
  });
});

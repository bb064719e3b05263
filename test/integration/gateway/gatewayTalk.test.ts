import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { claim } from '../../support/chats/chats.js';
import { startGateway, type TestGateway } from '../../support/viewers/gateway.js';
import { ann, setStage } from '../../support/viewers/stage.js';
import { watchSocket } from '../../support/viewers/viewer.js';

let cancelled: unknown[] = [];
const stage = setStage({
  cancelTurn: async (target) => {
    cancelled.push(target);
    return target.turnId !== 'turn_unknown';
  },
});
beforeEach(() => {
  cancelled = [];
});

describe('what a client may say', () => {
  async function talk() {
    const socket = new WebSocket(`${stage.gateway.url.replace('http', 'ws')}/v1/chats/${stage.chatId}/live?after=2`, [
      'durable-turns.v1',
      `bearer.${ann.key}`,
    ]);
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

  test('anything but cancel and ping is answered with an error, and the viewer stays', async () => {
    const { socket, answered } = await talk();
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
    const reply = await stage.begin();
    await once(socket, 'message');
    expect(reply.turnId).toBeTruthy();
    socket.terminate();
  });

  test('a cancel stops a turn of this chat', async () => {
    const { turn } = await claim(stage.database.pool, stage.chatId);
    const { socket, answered } = await talk();
    socket.send('{"type":"ping"}');
    socket.send(JSON.stringify({ type: 'cancel', turnId: turn.id }));
    socket.send(JSON.stringify({ type: 'cancel', turnId: 'turn_unknown' }));
    expect(await answered(1)).toEqual(['turn_not_found']);
    expect(cancelled).toEqual([
      { chatId: stage.chatId, turnId: turn.id, owner: 'local' },
      { chatId: stage.chatId, turnId: 'turn_unknown', owner: 'local' },
    ]);
    socket.terminate();
  });

  test('a frame of more than 16 KiB ends the connection with 1009', async () => {
    const { socket, closed } = await talk();
    socket.send(JSON.stringify({ type: 'ping', padding: 'x'.repeat(16 * 1024) }));
    expect(await closed).toBe(1009);
  });

  test('text that is not UTF-8 ends the connection with 1007', async () => {
    const { socket, closed } = await talk();
    socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await closed).toBe(1007);
  });

  test('a flood of frames ends the connection with 1008', async () => {
    const { socket, closed } = await talk();
    for (let i = 0; i < 400; i++) socket.send('nonsense');
    expect(await closed).toBe(1008);
  });
});

describe('a gateway that is quick to ping', () => {
  let strict: TestGateway;
  beforeEach(async () => {
    strict = await startGateway({ database: stage.database, pingMs: 50 });
  });
  afterEach(() => strict.close());

  test('sends away who is silent to two pings, and keeps who answers', async () => {
    const answering = watchSocket(strict.url, stage.chatId);
    const url = `${strict.url.replace('http', 'ws')}/v1/chats/${stage.chatId}/live`;
    const [code] = await once(new WebSocket(url, { autoPong: false }), 'close');
    expect(code).toBe(1013);
    const reply = await stage.begin();
    await reply.say('Still here?', 'checkpoint');
    await answering.until(() => answering.text(reply.turnId) === 'Still here?', 'a word');
    answering.close();
  });
});

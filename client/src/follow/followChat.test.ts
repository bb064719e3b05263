import { describe, expect, jest, test } from '@jest/globals';
import { FollowError } from '../errors.js';
import type { ViewerFrame } from '../schema.js';
import { followChat } from './followChat.js';
import { chatFrames } from './frames.js';
import type { Transport, TransportHandlers } from './transport.js';

const hello: ViewerFrame = { type: 'hello', chatId: 'chat_1', seq: 3 };
const event = (seq: number): ViewerFrame => ({
  type: 'event',
  seq,
  kind: 'system_message',
  turnId: null,
  at: '2026-01-01T00:00:00Z',
  data: { text: `event ${seq}` },
});

/** A transport whose connections the test answers by hand. */
function manualTransport() {
  const connections: (TransportHandlers & { cursor: number; closed: boolean })[] = [];
  const transport: Transport = (_chatId, cursor, handlers) => {
    const connection = { ...handlers, cursor, closed: false };
    connections.push(connection);
    return () => {
      connection.closed = true;
    };
  };
  return { transport, connections, last: () => connections.at(-1)! };
}

describe('following a chat', () => {
  test('delivers each event once over a lost connection', () => {
    jest.useFakeTimers();
    try {
      const { transport, connections, last } = manualTransport();
      const seqs: number[] = [];
      const states: string[] = [];
      followChat(transport, 'chat_1', {
        after: 1,
        onFrame: (frame) => frame.type === 'event' && seqs.push(frame.seq),
        onState: ({ name }) => states.push(name),
      });
      last().frame(hello);
      last().frame(event(2));
      last().lost(1006);
      jest.runOnlyPendingTimers();
      last().frame(hello);
      last().frame(event(3));
      expect(connections.map(({ cursor }) => cursor)).toEqual([1, 2]);
      expect(seqs).toEqual([2, 3]);
      expect(states).toEqual(['connecting', 'live', 'waiting', 'connecting', 'live']);
    } finally {
      jest.useRealTimers();
    }
  });

  test('reconnects at once when reconnect() is called', () => {
    const { transport, connections, last } = manualTransport();
    const following = followChat(transport, 'chat_1', { onFrame: () => undefined });
    last().lost(1006);
    following.reconnect();
    expect(connections).toHaveLength(2);
    following.close();
    expect(last().closed).toBe(true);
  });

  test('keeps a live connection on reconnect() when a frame was received lately', () => {
    const { transport, connections, last } = manualTransport();
    const following = followChat(transport, 'chat_1', { onFrame: () => undefined });
    last().frame(hello);
    following.reconnect();
    expect(connections).toHaveLength(1);
    following.close();
  });
});

describe("the async iterable of a chat's frames", () => {
  test('yields frames in order and ends when the signal aborts', async () => {
    const { transport, last } = manualTransport();
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const frame of chatFrames(transport, 'chat_1', { signal: stop.signal })) {
        seen.push(frame.type);
        if (frame.type === 'event') stop.abort();
      }
    })();
    await Promise.resolve();
    last().frame(hello);
    last().frame(event(1));
    last().frame(event(2));
    await reading;
    expect(seen).toEqual(['hello', 'event']);
    expect(last().closed).toBe(true);
  });

  test('throws FollowError with the code of the refusal', async () => {
    const { transport, last } = manualTransport();
    const frames = chatFrames(transport, 'chat_1');
    const first = frames.next();
    last().lost(4404);
    await expect(first).rejects.toThrow(FollowError);
    await expect(first).rejects.toMatchObject({ code: 'chat_not_found', closeCode: 4404 });
  });

  test('loses no event when the reader falls far behind', async () => {
    const { transport, connections, last } = manualTransport();
    const frames = chatFrames(transport, 'chat_1');
    const first = frames.next();
    last().frame(hello);
    expect((await first).value).toEqual(hello);
    let sent = 0;
    while (!last().closed) last().frame(event(++sent));
    let cursor = 0;
    while (cursor < sent) cursor = ((await frames.next()).value as { seq: number }).seq;
    const next = frames.next();
    await new Promise(setImmediate);
    expect(connections.map((connection) => connection.cursor)).toEqual([0, sent]);
    last().frame(event(cursor + 1));
    expect((await next).value).toMatchObject({ seq: cursor + 1 });
    await frames.return();
  });
});

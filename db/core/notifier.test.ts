import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createNotifier, type Notification } from './notifier.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A notifier whose statements take `takesMs` and fail while `fails` is set. */
function start({ takesMs = 0 } = {}) {
  const sent: string[][] = [];
  const dropped: number[] = [];
  const server = { fails: null as Error | null };
  const notifier = createNotifier({
    async send(batch: Notification[]) {
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
      if (server.fails) throw server.fails;
      sent.push(batch.map(({ channel, payload }) => `${channel} ${payload}`));
    },
    isTemporary: (error) => (error as Error).message === 'away',
    onDropped: (count) => dropped.push(count),
  });
  return { notifier, sent, dropped, server };
}
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('the notifier', () => {
  test('sends the first notification without a pause', async () => {
    const { notifier, sent } = start();
    notifier.logGrew('chat_1', 3);
    await pass(0);
    expect(sent).toEqual([['chat_log chat_1:3']]);
  });

  test('sends one statement in 5 ms, with the highest seq of each chat and each turn once', async () => {
    const { notifier, sent } = start();
    notifier.logGrew('chat_1', 1);
    await pass(0);
    for (const seq of [2, 4, 3]) {
      notifier.logGrew('chat_1', seq);
      notifier.statusChanged('chat_1', 'turn_1');
      notifier.logGrew('chat_2', seq);
      await pass(1);
    }
    expect(sent).toHaveLength(1);
    await pass(2);
    expect(sent.slice(1)).toEqual([['chat_log chat_1:4', 'turn_status chat_1:turn_1', 'chat_log chat_2:4']]);
  });

  test('has one statement at a time, and pauses as long as a slow one takes', async () => {
    const { notifier, sent } = start({ takesMs: 20 });
    notifier.logGrew('chat_1', 1);
    await pass(10);
    notifier.logGrew('chat_1', 2);
    notifier.logGrew('chat_1', 3);
    await pass(49);
    expect(sent).toEqual([['chat_log chat_1:1']]);
    await pass(1);
    expect(sent).toEqual([['chat_log chat_1:1'], ['chat_log chat_1:3']]);
  });

  test('sends at most 500 notifications in one statement', async () => {
    const { notifier, sent } = start();
    for (let n = 0; n < 1_200; n++) notifier.logGrew(`chat_${n}`, 1);
    await pass(20);
    expect(sent.map((batch) => batch.length)).toEqual([500, 500, 200]);
  });

  test('sends a batch again after the database was away, with what changed meanwhile', async () => {
    const { notifier, sent, dropped, server } = start();
    server.fails = new Error('away');
    notifier.logGrew('chat_1', 1);
    await pass(100);
    notifier.logGrew('chat_1', 2);
    server.fails = null;
    await pass(1_000);
    expect(sent).toEqual([['chat_log chat_1:2']]);
    expect(dropped).toEqual([]);
  });

  test('gives up on a batch that the database refuses, and on one for which it is away for long', async () => {
    const { notifier, sent, dropped, server } = start();
    server.fails = new Error('refused');
    notifier.logGrew('chat_1', 1);
    await pass(100);
    expect(dropped).toEqual([1]);
    server.fails = new Error('away');
    notifier.logGrew('chat_1', 2);
    await pass(30_000);
    expect(dropped).toEqual([1, 1]);
    server.fails = null;
    notifier.logGrew('chat_1', 3);
    await pass(1_000);
    expect(sent).toEqual([['chat_log chat_1:3']]);
  });

  test('keeps at most 10,000 notifications, and drops the oldest', async () => {
    const { notifier, sent, dropped } = start();
    for (let n = 1; n <= 10_002; n++) notifier.logGrew(`chat_${n}`, 1);
    await pass(1_000);
    expect(dropped).toEqual([2]);
    expect(sent[0]?.[0]).toBe('chat_log chat_3:1');
    expect(sent.flat()).toHaveLength(10_000);
  });

  test('sends what is pending before it closes, and nothing that is added later', async () => {
    const { notifier, sent } = start({ takesMs: 2 });
    for (let n = 0; n < 600; n++) notifier.logGrew(`chat_${n}`, 1);
    const closed = notifier.close();
    notifier.logGrew('chat_late', 1);
    await pass(10);
    await closed;
    expect(sent.map((batch) => batch.length)).toEqual([500, 100]);
  });

  test('closes within a second when the database does not answer', async () => {
    const { notifier, sent } = start({ takesMs: 60_000 });
    notifier.logGrew('chat_1', 1);
    const closed = notifier.close();
    await pass(1_000);
    await closed;
    expect(sent).toEqual([]);
  });
});

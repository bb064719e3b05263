import { describe, expect, test } from '@jest/globals';
import { createTickBatch } from './tickBatch.js';
import { decodeItems } from './wireMessage.js';

const token = (offset: number) => ({
  type: 'token' as const,
  ...{ chatId: 'chat_1', turnId: 'turn_1', beat: 0, fence: 1, epoch: 1, speakerId: 'you', channel: 'text' as const },
  offset,
  text: 'x',
});

const nextTick = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Pushes an item in each of so many ticks. Returns how many messages were sent, and the offsets in their order. */
async function pushInTicks(ticks: number) {
  const messages: string[] = [];
  const batch = createTickBatch((message) => messages.push(message));
  for (let n = 0; n < ticks; n++) {
    batch.push(token(n));
    await nextTick();
  }
  batch.flush();
  const items = messages.flatMap((message) => decodeItems(message).items);
  return { messages, offsets: items.map((item) => (item.type === 'token' ? item.offset : -1)) };
}

describe('the messages of a worker to its gateways', () => {
  test('hold the items of one tick while there are few', async () => {
    const { messages, offsets } = await pushInTicks(20);
    expect(messages).toHaveLength(20);
    expect(offsets).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  test('join the items of several ticks under load, each once and in order', async () => {
    const ticks = 50_000;
    const { messages, offsets } = await pushInTicks(ticks);
    expect(messages.length).toBeLessThan(ticks / 2);
    expect(offsets).toEqual(Array.from({ length: ticks }, (_, n) => n));
  });

  test('are sent at once when the batch is flushed', () => {
    const messages: string[] = [];
    const batch = createTickBatch((message) => messages.push(message));
    batch.push(token(0));
    batch.push(token(1));
    batch.flush();
    expect(messages.map((message) => decodeItems(message).items.length)).toEqual([2]);
    batch.flush();
    expect(messages).toHaveLength(1);
  });
});

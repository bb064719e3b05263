import { describe, expect, test } from '@jest/globals';
import { readEvents } from './eventStreamTransport.js';

const textOf = (...pieces: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

async function read(...pieces: string[]): Promise<string[]> {
  const events: string[] = [];
  for await (const data of readEvents(textOf(...pieces), () => undefined)) events.push(data);
  return events;
}

describe('server-sent events', () => {
  test.each([
    ['each kind of line end', ['data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n'], ['a', 'b', 'c', 'd']],
    ['lines that are cut anywhere', ['da', 'ta: {"a"', ':1}\r', '\n\r\n', 'data:b\n', '\n'], ['{"a":1}', 'b']],
    ['comments, ids and pauses', [': keep-alive\n\nretry: 1000\n\nid: 4\ndata: a\n\n'], ['a']],
    ['data of several lines', ['data: a\ndata: b\n\n'], ['a\nb']],
    ['an event that the end cuts off', ['data: a\n\ndata: b'], ['a']],
  ])('are parsed with %s', async (_, pieces, events) => {
    expect(await read(...pieces)).toEqual(events);
  });

  test('of 10 MB that arrive in small pieces are parsed in time linear in their size', async () => {
    const timeOf = async (pieces: number) => {
      const startedAt = performance.now();
      const [event] = await read('data: ', ...Array<string>(pieces).fill('x'.repeat(4_000)), '\n\n');
      expect(event).toHaveLength(pieces * 4_000);
      return performance.now() - startedAt;
    };
    await timeOf(100);
    // Five seconds are far more than linear time takes, and far less than quadratic time.
    expect(await timeOf(2_500)).toBeLessThan(5_000);
  });

  test('keep a character whose bytes are cut between two chunks', async () => {
    const bytes = new TextEncoder().encode('data: é\n\n');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, 7));
        controller.enqueue(bytes.slice(7));
        controller.close();
      },
    });
    const events: string[] = [];
    for await (const data of readEvents(body, () => undefined)) events.push(data);
    expect(events).toEqual(['é']);
  });
});

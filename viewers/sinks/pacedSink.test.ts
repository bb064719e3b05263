import { expect, test } from '@jest/globals';
import { createPacedSink } from './pacedSink.js';
import type { EncodedFrame } from './sink.js';

/** A network that takes one write at each call of `take`. */
function slowNetwork() {
  const written: { bytes: Buffer; last: boolean; done: () => void }[] = [];
  const messages: string[] = [];
  let partial = '';
  let pending = 0;
  const closes: number[] = [];
  const sink = createPacedSink({
    parts: ({ bytes }) => [bytes],
    write(bytes, last, done) {
      written.push({ bytes, last, done });
      pending += bytes.length;
    },
    pendingBytes: () => pending,
    close: (code) => closes.push(code),
  });
  return {
    sink,
    messages,
    closes,
    pending: () => pending,
    /** Takes one write; false when there is none. */
    take() {
      const next = written.shift();
      if (!next) return false;
      pending -= next.bytes.length;
      partial += next.bytes.toString('latin1');
      if (next.last) {
        messages.push(partial);
        partial = '';
      }
      next.done();
      return true;
    },
  };
}

const frame = (text: string): EncodedFrame => ({ bytes: Buffer.from(text), type: 'token', turnId: null });

test('a paced sink delivers small and large frames whole and in order, and never fills the network with a large one', () => {
  const { sink, messages, pending, take } = slowNetwork();
  const texts = ['a', 'b'.repeat(1_000_000), 'c', 'd'.repeat(65_536), 'e'.repeat(65_537), 'f'];
  for (const text of texts) sink.send(frame(text));
  expect(sink.bufferedBytes()).toBe(texts.join('').length);
  while (take()) expect(pending()).toBeLessThan(300_000);
  expect(messages).toEqual(texts);
  expect(sink.bufferedBytes()).toBe(0);
});

test('a paced sink is drained once little of its buffer is left', async () => {
  const { sink, take } = slowNetwork();
  await sink.drained();
  sink.send(frame('x'.repeat(200_000)));
  let drained = false;
  const waiting = sink.drained().then(() => {
    drained = true;
  });
  take();
  await Promise.resolve();
  expect(drained).toBe(false);
  while (take());
  await waiting;
});

test('a paced sink that is closed resolves drained(), calls its listeners once and sends nothing more', async () => {
  const { sink, closes } = slowNetwork();
  let calls = 0;
  sink.onClosed(() => {
    calls += 1;
  });
  sink.send(frame('x'.repeat(200_000)));
  const waiting = sink.drained();
  sink.close(1013, 'too slow');
  await waiting;
  sink.send(frame('more'));
  sink.close(1000, 'again');
  sink.ended();
  expect([closes, calls, sink.closed]).toEqual([[1013], 1, true]);
  sink.onClosed(() => {
    calls += 1;
  });
  expect(calls).toBe(2);
});

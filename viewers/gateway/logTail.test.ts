import { expect, test } from '@jest/globals';
import type { ChatEvent } from '../../domain/log/events.js';
import { createLogTail } from './logTail.js';

/** A log of system events whose reads can fail. */
function log() {
  let newest = 0;
  const reads: number[] = [];
  const delivered: number[] = [];
  const state = { failing: 0, size: 10 };
  const event = (seq: number) =>
    ({ seq, kind: 'turn_rolled_back', turnId: null, at: '', data: { turnId: 'x'.repeat(state.size) } }) as ChatEvent;
  const tail = createLogTail({
    seq: 0,
    async read({ after, upTo, limit }) {
      reads.push(after);
      if (state.failing-- > 0) throw new Error('Postgres is away');
      const to = Math.min(upTo, newest, after + limit);
      return Array.from({ length: to - after }, (_, i) => ({ event: event(after + i + 1), epoch: 0 }));
    },
    beforeAdvance: (entry) => entry,
    afterAdvance: ({ event }) => delivered.push(event.seq),
    onError: () => undefined,
  });
  return {
    tail,
    reads,
    delivered,
    state,
    append(count: number) {
      newest += count;
      return newest;
    },
  };
}

const upTo = (seq: number) => Array.from({ length: seq }, (_, i) => i + 1);

test('a log tail delivers each event once and in order, however often and late the head moves', async () => {
  const { tail, delivered, append } = log();
  append(3);
  for (const seq of [1, 3, 2, 3, 3]) tail.headMoved(seq);
  await tail.reached(3);
  tail.headMoved(append(700));
  tail.headMoved(100);
  await tail.reached(703);
  expect(delivered).toEqual(upTo(703));
});

test('a log tail retries a read that failed', async () => {
  const { tail, delivered, reads, state, append } = log();
  state.failing = 3;
  tail.headMoved(append(2));
  await tail.reached(2);
  expect(delivered).toEqual([1, 2]);
  expect(reads).toHaveLength(4);
});

test('a log tail serves the newest events from its cache and reads older ones', async () => {
  const { tail, reads, append } = log();
  tail.headMoved(append(100));
  await tail.reached(100);
  const before = reads.length;
  expect((await tail.after(95)).map((entry) => entry.event.seq)).toEqual([96, 97, 98, 99, 100]);
  expect(reads).toHaveLength(before);
  expect((await tail.after(0)).map((entry) => entry.event.seq)).toEqual(upTo(100));
  expect(reads).toHaveLength(before + 1);
});

test('a log tail drops long events from its cache, except the newest', async () => {
  const { tail, reads, state, append } = log();
  state.size = 20 * 1024 * 1024;
  tail.headMoved(append(3));
  await tail.reached(3);
  const before = reads.length;
  await tail.after(2);
  expect(reads).toHaveLength(before);
  await tail.after(1);
  expect(reads).toHaveLength(before + 1);
});

test('a log tail stops waiting for a seq that the log does not have', async () => {
  const { tail, delivered, append } = log();
  tail.headMoved(append(1) + 5);
  await tail.reached(1);
  tail.headMoved(append(6));
  await tail.reached(7);
  expect(delivered).toEqual(upTo(7));
});

test('a log tail that is closed resolves those that wait for a seq', async () => {
  const { tail } = log();
  const waiting = tail.reached(5);
  tail.close();
  await waiting;
});

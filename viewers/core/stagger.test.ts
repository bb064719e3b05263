import { describe, expect, test } from '@jest/globals';
import { stagger } from './stagger.js';

const timed = () => {
  const from = performance.now();
  const done: { item: number; at: number }[] = [];
  return { done, act: (item: number) => void done.push({ item, at: performance.now() - from }) };
};
const items = Array.from({ length: 40 }, (_, n) => n);

describe('staggered calls', () => {
  test('are made once for each item, over the whole time and not beyond it', async () => {
    const { done, act } = timed();
    await stagger(items, act, { withinMs: 200 });
    expect(done.map(({ item }) => item).sort((a, b) => a - b)).toEqual(items);
    const times = done.map(({ at }) => at);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(150);
    expect(times.filter((at) => at < 100).length).toBeGreaterThan(5);
  });

  test('are made in another order than that of the items', async () => {
    const { done, act } = timed();
    await stagger(items, act, { withinMs: 20 });
    expect(done.map(({ item }) => item)).not.toEqual(items);
  });

  test('are made at once for a single item, and resolve at once for none', async () => {
    const { done, act } = timed();
    await stagger([], act, { withinMs: 60_000 });
    await stagger([7], act, { withinMs: 60_000 });
    expect(done.map(({ item }) => item)).toEqual([7]);
  });

  test('are made at once for all items that are left when the signal is aborted', async () => {
    const { done, act } = timed();
    const late = new AbortController();
    const staggered = stagger(items, act, { withinMs: 60_000, signal: late.signal });
    late.abort();
    await staggered;
    expect(done).toHaveLength(items.length);
  });
});

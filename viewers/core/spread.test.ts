import { describe, expect, test } from '@jest/globals';
import { spread } from './spread.js';

const timed = () => {
  const from = performance.now();
  const done: { item: number; at: number }[] = [];
  return { done, act: (item: number) => void done.push({ item, at: performance.now() - from }) };
};
const items = Array.from({ length: 40 }, (_, n) => n);

describe('work that is spread', () => {
  test('is done once for each item, over the whole time and not beyond it', async () => {
    const { done, act } = timed();
    await spread(items, act, { withinMs: 200 });
    expect(done.map(({ item }) => item).sort((a, b) => a - b)).toEqual(items);
    const times = done.map(({ at }) => at);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(150);
    expect(times.filter((at) => at < 100).length).toBeGreaterThan(5);
  });

  test('is done in another order than that of the items', async () => {
    const { done, act } = timed();
    await spread(items, act, { withinMs: 20 });
    expect(done.map(({ item }) => item)).not.toEqual(items);
  });

  test('is done at once for a single item, and for none there is nothing to wait for', async () => {
    const { done, act } = timed();
    await spread([], act, { withinMs: 60_000 });
    await spread([7], act, { withinMs: 60_000 });
    expect(done.map(({ item }) => item)).toEqual([7]);
  });

  test('is done at once for what is left when there is no more time', async () => {
    const { done, act } = timed();
    const late = new AbortController();
    const spreading = spread(items, act, { withinMs: 60_000, signal: late.signal });
    late.abort();
    await spreading;
    expect(done).toHaveLength(items.length);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createBoundedRead } from './boundedRead.js';

const never = () => new Promise<number>(() => {});

describe('a bounded read', () => {
  test('is done once for all who ask at once, and again only when it is no longer fresh', async () => {
    let reads = 0;
    const fresh = createBoundedRead(async () => ++reads, { withinMs: 1_000, freshMs: 60_000 });
    expect(await Promise.all([fresh.read(), fresh.read(), fresh.read()])).toEqual([1, 1, 1]);
    expect(await fresh.read()).toBe(1);
    const stale = createBoundedRead(async () => ++reads, { withinMs: 1_000, freshMs: 0 });
    expect([await stale.read(), await stale.read()]).toEqual([2, 3]);
  });

  test('answers with nothing when it takes too long, and does not begin another meanwhile', async () => {
    let begun = 0;
    const read = createBoundedRead(
      () => {
        begun += 1;
        return never();
      },
      { withinMs: 10, freshMs: 0 },
    );
    expect([await read.read(), await read.read()]).toEqual([null, null]);
    expect([begun, read.answered()]).toEqual([1, false]);
  });

  test('answers with nothing when it fails', async () => {
    const read = createBoundedRead(() => Promise.reject(new Error('away')), { withinMs: 1_000, freshMs: 0 });
    expect([await read.read(), read.answered()]).toEqual([null, false]);
  });
});

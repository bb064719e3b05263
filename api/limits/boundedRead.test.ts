import { describe, expect, test } from '@jest/globals';
import { createBoundedRead } from './boundedRead.js';

const never = () => new Promise<number>(() => {});

describe('a bounded read', () => {
  test('reads once for concurrent callers, and again only when the value is too old', async () => {
    let reads = 0;
    const fresh = createBoundedRead(async () => ++reads, { withinMs: 1_000, freshMs: 60_000 });
    expect(await Promise.all([fresh.read(), fresh.read(), fresh.read()])).toEqual([1, 1, 1]);
    expect(await fresh.read()).toBe(1);
    const stale = createBoundedRead(async () => ++reads, { withinMs: 1_000, freshMs: 0 });
    expect([await stale.read(), await stale.read()]).toEqual([2, 3]);
  });

  test('gives null when the read takes too long, and starts no other read meanwhile', async () => {
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

  test('gives null when the read fails', async () => {
    const read = createBoundedRead(() => Promise.reject(new Error('away')), { withinMs: 1_000, freshMs: 0 });
    expect([await read.read(), read.answered()]).toEqual([null, false]);
  });
});

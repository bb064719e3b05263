import { describe, expect, test } from '@jest/globals';
import { retry } from './retry.js';

/** Work that fails so many times. */
function failing(times: number) {
  let calls = 0;
  return {
    calls: () => calls,
    async work() {
      calls += 1;
      if (calls <= times) throw new Error(`failure ${calls}`);
      return calls;
    },
  };
}

describe('work that is retried', () => {
  test('gives its result once it succeeds', async () => {
    const { work } = failing(2);
    expect(await retry(work, { forMs: 60_000, now: () => 0, isCancelled: () => false })).toBe(3);
  });

  test('throws its last error when the time for retries is over', async () => {
    const { work, calls } = failing(9);
    const now = () => (calls() < 2 ? 0 : 101);
    await expect(retry(work, { forMs: 100, now, isCancelled: () => false })).rejects.toThrow('failure 2');
  });

  test('throws its error without another try when it is cancelled', async () => {
    const { work, calls } = failing(9);
    await expect(retry(work, { forMs: 60_000, now: () => 0, isCancelled: () => true })).rejects.toThrow('failure 1');
    expect(calls()).toBe(1);
  });
});

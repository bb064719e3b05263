import { expect, test } from '@jest/globals';
import { createRetryPacer } from './retryPacer.js';

test('retries that come at once get delays at a fixed interval, none longer than the limit', () => {
  let now = 1_000;
  const next = createRetryPacer(
    () => 80,
    200,
    () => now,
  );
  expect([next(), next(), next(), next(), next()]).toEqual([1, 81, 161, 200, 200]);
  now += 150;
  expect(next()).toBe(130);
  now += 1_000;
  expect([next(), next()]).toEqual([1, 81]);
});

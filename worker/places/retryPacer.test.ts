import { expect, test } from '@jest/globals';
import { createRetryPacer } from './retryPacer.js';

function pacer(limits: { everyMs: (owner: string) => number; leastMs: number; maxMs: number }) {
  let now = 1_000;
  const next = createRetryPacer(limits, () => now);
  return {
    next: (owner: string, times: number) => Array.from({ length: times }, () => next(owner)),
    pass(ms: number) {
      now += ms;
    },
  };
}

test('retries that come at once get delays at a fixed interval, none longer than the limit', () => {
  const { next, pass } = pacer({ everyMs: () => 80, leastMs: 20, maxMs: 200 });
  expect(next('ann', 5)).toEqual([1, 81, 161, 200, 200]);
  pass(150);
  expect(next('ann', 1)).toEqual([130]);
  pass(1_000);
  expect(next('ann', 2)).toEqual([1, 81]);
});

test('the retries of one owner do not delay those of another', () => {
  const { next } = pacer({ everyMs: (owner) => (owner === 'ann' ? 500 : 50), leastMs: 20, maxMs: 60_000 });
  next('ann', 100);
  expect(next('ben', 3)).toEqual([1, 51, 101]);
});

test('the more owners have retries, the further apart are those of each', () => {
  const { next, pass } = pacer({ everyMs: () => 50, leastMs: 20, maxMs: 1_000 });
  for (let n = 0; n < 9; n++) next(`owner ${n}`, 1);
  expect(next('ann', 2)).toEqual([1, 201]);
  pass(2_000);
  expect(next('ann', 2)).toEqual([1, 51]);
});

import { expect, test } from '@jest/globals';
import { createSpacing } from './spacing.js';

test('what comes at once is due one after the other, and not later than the bound', () => {
  let now = 1_000;
  const next = createSpacing(80, 200, () => now);
  expect([next(), next(), next(), next(), next()]).toEqual([1, 81, 161, 200, 200]);
  now += 150;
  expect(next()).toBe(130);
  now += 1_000;
  expect([next(), next()]).toEqual([1, 81]);
});

import { expect, test } from '@jest/globals';
import { createWallClock } from './wallClock.js';

test('the wall clock gives the time of day and does not go backwards', () => {
  const now = createWallClock();
  const times = Array.from({ length: 1_000 }, now);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(1_000);
});

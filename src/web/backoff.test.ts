import { describe, expect, test } from '@jest/globals';
import { backoffMs, reconnectMs } from './backoff.js';

const bounds = { firstMs: 250, mostMs: 10_000 };

describe('the pause before another try', () => {
  test('doubles with each try up to a most, and is spread around that', () => {
    expect([0, 1, 2, 5, 6, 1_000].map((tries) => backoffMs(tries, bounds, 0.5))).toEqual([
      250, 500, 1_000, 8_000, 10_000, 10_000,
    ]);
    expect([0, 1].map((random) => backoffMs(2, bounds, random))).toEqual([500, 1_500]);
  });

  test('after a restart of the api is about a second at most, however often it was tried before', () => {
    expect([0, 0.5, 1].map((random) => reconnectMs(1012, 9, random))).toEqual([100, 600, 1_100]);
  });

  test('after any other loss grows with the tries', () => {
    expect([reconnectMs(1006, 0, 0.5), reconnectMs(1006, 3, 0.5)]).toEqual([250, 2_000]);
  });
});

import { expect, test } from '@jest/globals';
import { createPatience, slowLimits } from './slowness.js';

const MiB = 1024 * 1024;
const idle = { owed: 0, buffered: 0, taken: 0 };

test('a viewer with nothing to take may take nothing for ever', () => {
  const isTooSlow = createPatience();
  for (let now = 0; now < 100_000; now += 250) expect(isTooSlow(idle, now)).toBe(false);
});

test('who owes much and takes nothing is too slow after a few seconds', () => {
  const isTooSlow = createPatience();
  const stuck = { owed: 2 * MiB, buffered: 300_000, taken: 100 };
  expect(isTooSlow(stuck, 1_000)).toBe(false);
  expect(isTooSlow(stuck, 1_000 + slowLimits.stalledMs - 1)).toBe(false);
  expect(isTooSlow(stuck, 1_000 + slowLimits.stalledMs)).toBe(true);
});

test('who owes little is given longer', () => {
  const isTooSlow = createPatience();
  const stuck = { owed: 10, buffered: 10, taken: 0 };
  expect(isTooSlow(stuck, 0)).toBe(false);
  expect(isTooSlow(stuck, slowLimits.silentMs - 1)).toBe(false);
  expect(isTooSlow(stuck, slowLimits.silentMs)).toBe(true);
});

test('who takes a little now and then is kept', () => {
  const isTooSlow = createPatience();
  for (let i = 0; i < 100; i++) {
    expect(isTooSlow({ owed: 5 * MiB, buffered: 300_000, taken: i }, i * (slowLimits.stalledMs - 1))).toBe(false);
  }
});

test('after a pause with nothing to take the clock starts over', () => {
  const isTooSlow = createPatience();
  expect(isTooSlow(idle, 0)).toBe(false);
  expect(isTooSlow(idle, 60_000)).toBe(false);
  expect(isTooSlow({ owed: 2 * MiB, buffered: 300_000, taken: 0 }, 60_250)).toBe(false);
});

test('who owes more than can be kept up with is too slow at once', () => {
  expect(createPatience()({ owed: 33 * MiB, buffered: 1, taken: 1 }, 0)).toBe(true);
});

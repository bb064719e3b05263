import { expect, test } from '@jest/globals';
import { createSlowViewerCheck, slowViewerLimits } from './backpressure.js';

const MiB = 1024 * 1024;
const idle = { backlog: 0, buffered: 0, sent: 0 };

test('a viewer without a backlog is never too slow', () => {
  const isTooSlow = createSlowViewerCheck();
  for (let now = 0; now < 100_000; now += 250) expect(isTooSlow(idle, now)).toBe(false);
});

test('a viewer with a large backlog that takes nothing is too slow after a few seconds', () => {
  const isTooSlow = createSlowViewerCheck();
  const stuck = { backlog: 2 * MiB, buffered: 300_000, sent: 100 };
  expect(isTooSlow(stuck, 1_000)).toBe(false);
  expect(isTooSlow(stuck, 1_000 + slowViewerLimits.stalledMs - 1)).toBe(false);
  expect(isTooSlow(stuck, 1_000 + slowViewerLimits.stalledMs)).toBe(true);
});

test('a viewer with a small backlog that takes nothing is too slow only after a longer time', () => {
  const isTooSlow = createSlowViewerCheck();
  const stuck = { backlog: 10, buffered: 10, sent: 0 };
  expect(isTooSlow(stuck, 0)).toBe(false);
  expect(isTooSlow(stuck, slowViewerLimits.silentMs - 1)).toBe(false);
  expect(isTooSlow(stuck, slowViewerLimits.silentMs)).toBe(true);
});

test('a viewer that takes a little now and then is kept', () => {
  const isTooSlow = createSlowViewerCheck();
  for (let i = 0; i < 100; i++) {
    const now = i * (slowViewerLimits.stalledMs - 1);
    expect(isTooSlow({ backlog: 5 * MiB, buffered: 300_000, sent: i }, now)).toBe(false);
  }
});

test('the time without progress starts again after a pause in which there was nothing to take', () => {
  const isTooSlow = createSlowViewerCheck();
  expect(isTooSlow(idle, 0)).toBe(false);
  expect(isTooSlow(idle, 60_000)).toBe(false);
  expect(isTooSlow({ backlog: 2 * MiB, buffered: 300_000, sent: 0 }, 60_250)).toBe(false);
});

test('a viewer whose backlog exceeds the maximum is too slow at once', () => {
  expect(createSlowViewerCheck()({ backlog: 33 * MiB, buffered: 1, sent: 1 }, 0)).toBe(true);
});

import { describe, expect, test } from '@jest/globals';
import { isReadDue } from './checkpointSchedule.js';

const never = Number.NEGATIVE_INFINITY;

describe('the checkpoints of a draft', () => {
  test('are read every 100 ms while the draft has a gap, even if the wire brings tokens', () => {
    const times = { lastWireAt: 1_000, lastChangeAt: 1_000, lastReadAt: never };
    expect(isReadDue('gap', times, 1_000)).toBe(true);
    expect(isReadDue('gap', { ...times, lastReadAt: 1_000 }, 1_099)).toBe(false);
    expect(isReadDue('gap', { ...times, lastReadAt: 1_000 }, 1_100)).toBe(true);
  });

  test.each(['current', 'superseded'] as const)(
    'are read of a %s draft only after 400 ms without a token',
    (status) => {
      const times = { lastWireAt: 1_000, lastChangeAt: 1_000, lastReadAt: never };
      expect(isReadDue(status, times, 1_399)).toBe(false);
      expect(isReadDue(status, times, 1_400)).toBe(true);
    },
  );

  test('are read less often the longer they hold nothing new, and at least every 3 s', () => {
    const since = (lastReadAt: number, now: number) =>
      isReadDue('current', { lastWireAt: 0, lastChangeAt: 0, lastReadAt }, now);
    expect([since(1_000, 1_299), since(1_000, 1_300)]).toEqual([false, true]);
    expect([since(10_000, 11_110), since(10_000, 11_112)]).toEqual([false, true]);
    expect([since(90_000, 92_999), since(90_000, 93_000)]).toEqual([false, true]);
  });

  test('are not read of a draft that has landed', () => {
    expect(isReadDue('landed', { lastWireAt: never, lastChangeAt: never, lastReadAt: never }, 0)).toBe(false);
  });
});

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createRecovery } from '../../../scripts/chaos/traffic/recovery.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const pass = (ms: number) => jest.advanceTimersByTime(ms);

describe('the time from a fault to the next token', () => {
  test('is counted for a stream that paused after the fault', () => {
    const recovery = createRecovery();
    recovery.token('a');
    pass(30);
    expect(recovery.mark('kill worker')).toBe(1);
    pass(20);
    recovery.token('a');
    pass(2_000);
    recovery.token('a');
    expect(recovery.times().get('kill worker')).toEqual([2_020]);
  });

  test('is not counted for a stream that continued', () => {
    const recovery = createRecovery();
    recovery.token('a');
    recovery.mark('kill api');
    for (let n = 0; n < 100; n++) {
      pass(30);
      recovery.token('a');
    }
    recovery.landed('a');
    expect(recovery.times().size).toBe(0);
    expect(recovery.counts()).toEqual({ inFlight: 1, uninterrupted: 1 });
  });

  test('is not counted for streams that were idle before the fault', () => {
    const recovery = createRecovery();
    recovery.token('a');
    pass(1_000);
    expect(recovery.mark('kill worker')).toBe(0);
  });
});

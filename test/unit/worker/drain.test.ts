import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDrain } from '../../../worker/drain/drain.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function watched(seconds: number) {
  const drain = createDrain({ seconds });
  const seen: string[] = [];
  drain.onDraining(() => seen.push('draining'));
  drain.onHandOver(() => seen.push('handing over'));
  return { drain, seen };
}

describe('a worker that is asked to stop', () => {
  it('drains, and hands over after its drain time', () => {
    const { drain, seen } = watched(120);
    expect(drain.state()).toBe('running');
    drain.stop();
    jest.advanceTimersByTime(119_999);
    expect([drain.state(), seen]).toEqual(['draining', ['draining']]);
    jest.advanceTimersByTime(1);
    expect([drain.state(), seen]).toEqual(['handing over', ['draining', 'handing over']]);
  });

  it('hands over at once when it is asked a second time', () => {
    const { drain, seen } = watched(120);
    drain.stop();
    jest.advanceTimersByTime(1_000);
    drain.stop();
    expect([drain.state(), seen]).toEqual(['handing over', ['draining', 'handing over']]);
    jest.advanceTimersByTime(200_000);
    drain.stop();
    expect(seen).toHaveLength(2);
  });

  it('takes a signal from the terminal and from the launcher at once as one', () => {
    const { drain } = watched(120);
    drain.stop();
    jest.advanceTimersByTime(20);
    drain.stop();
    expect(drain.state()).toBe('draining');
  });

  it('notifies late listeners at once, and removed listeners not at all', () => {
    const { drain } = watched(0);
    const late: string[] = [];
    drain.onHandOver(() => late.push('no more'))();
    drain.stop();
    drain.onDraining(() => late.push('draining'));
    jest.advanceTimersByTime(0);
    drain.onHandOver(() => late.push('handing over'));
    expect(late).toEqual(['draining', 'handing over']);
  });

  it('never hands over after everything has ended', () => {
    const { drain, seen } = watched(1);
    drain.stop();
    drain.close();
    jest.advanceTimersByTime(10_000);
    expect(seen).toEqual(['draining']);
  });
});

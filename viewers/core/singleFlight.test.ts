import { describe, expect, test } from '@jest/globals';
import { createSingleFlight } from './singleFlight.js';

const tick = () => new Promise((resolve) => setImmediate(resolve));

/** Work whose runs are ended by hand. */
function work() {
  const ends: ((failure?: Error) => void)[] = [];
  const warnings: string[] = [];
  const run = () =>
    new Promise<void>((resolve, reject) => ends.push((failure) => (failure ? reject(failure) : resolve())));
  const log = { warn: (...[, message]: unknown[]) => void warnings.push(String(message)) };
  return { ends, warnings, flight: createSingleFlight(run, log, 'it failed') };
}

describe('work in single flight', () => {
  test('runs once more after the run during which it was asked for, however often that was', async () => {
    const { flight, ends } = work();
    for (let n = 0; n < 5; n++) flight.run();
    expect(ends).toHaveLength(1);
    ends[0]!();
    await tick();
    expect(ends).toHaveLength(2);
    ends[1]!();
    await tick();
    expect(ends).toHaveLength(2);
  });

  test('logs a failure once until it has succeeded again', async () => {
    const { flight, ends, warnings } = work();
    for (const failure of [new Error('one'), new Error('two'), undefined, new Error('three')]) {
      flight.run();
      ends.at(-1)!(failure);
      await tick();
    }
    expect(warnings).toEqual(['it failed', 'it failed']);
  });

  test('does not run again after it is closed', async () => {
    const { flight, ends } = work();
    flight.run();
    flight.run();
    flight.close();
    ends[0]!();
    await tick();
    flight.run();
    expect(ends).toHaveLength(1);
  });
});

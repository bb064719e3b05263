import { describe, expect, test } from '@jest/globals';
import { createSeededRandom } from '../../../scripts/chaos/seededRandom.js';
import { capacities, measured } from '../../../scripts/simulate/figures.js';
import { ceilings, demandsOf, type Load, sizesFor } from '../../../scripts/simulate/model.js';
import { waitAt, waitingShare } from '../../../scripts/simulate/queue.js';

const load: Load = { streams: 200, tokensPerSecond: 20, tokensPerReply: 300, viewersPerStream: 1 };

describe('the queueing model', () => {
  test('has the waiting share of the formula of Erlang: 1 server waits as often as it is busy, 10 at half load almost never', () => {
    expect(waitingShare(1, 0.6)).toBeCloseTo(0.6, 10);
    expect(waitingShare(2, 0.5)).toBeCloseTo(1 / 3, 10);
    expect(waitingShare(10, 0.5)).toBeCloseTo(0.0361, 3);
    expect(waitAt(0.99, 2, 1, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    [1, 0.7],
    [4, 0.8],
  ])('agrees with a simulation of %i servers at %d of their capacity, event by event', (servers, utilisation) => {
    const random = createSeededRandom(7, 'queue');
    const exponential = (mean: number) => -mean * Math.log(1 - random.share());
    const freeAt = Array.from({ length: servers }, () => 0);
    const waits: number[] = [];
    let now = 0;
    for (let n = 0; n < 100_000; n++) {
      now += exponential(1 / (servers * utilisation));
      const next = freeAt.indexOf(Math.min(...freeAt));
      const starts = Math.max(now, freeAt[next]!);
      waits.push(starts - now);
      freeAt[next] = starts + exponential(1);
    }
    const p99 = waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)]!;
    expect(p99 / waitAt(0.99, servers, 1, utilisation)).toBeGreaterThan(0.85);
    expect(p99 / waitAt(0.99, servers, 1, utilisation)).toBeLessThan(1.15);
  });
});

describe('the model of the service', () => {
  test('takes for 200 streams the processor time of tokens that the bench has measured for them', () => {
    const none = {
      ...measured,
      cpuPerTurn: { worker: 0, temporal: 0, api: 0, postgres: 0 },
    } as unknown as typeof measured;
    const cores = demandsOf(load, none, capacities)
      .filter(({ name }) => name.endsWith(': cores'))
      .reduce((sum, { used }) => sum + used, 0);
    expect(cores).toBeCloseTo((4_000 * (77 + 26)) / 1e6, 6);
    expect(sizesFor(load, none, capacities)).toEqual({ workers: 2, apis: 1 });
  });

  test('names a ceiling for each shared resource, the lowest first, and each is the most that fits', () => {
    const found = ceilings({ ...load, streams: 100_000 }, measured, capacities);
    const streams = found.map((each) => each.streams);
    expect(streams).toEqual([...streams].sort((a, b) => a - b));
    for (const { name, streams: most } of found) {
      const at = (count: number) =>
        demandsOf({ ...load, streams: count }, measured, capacities).find((each) => each.name === name)!;
      expect(at(Math.max(1, Math.floor(most * 0.99))).used).toBeLessThanOrEqual(at(1).capacity * capacities.usable);
    }
  });

  test('moves a ceiling to where its resource is twice as large', () => {
    const at = (machine: typeof capacities) =>
      ceilings(load, measured, machine).find(({ name }) => name === 'Temporal: state transitions')!.streams;
    const doubled = {
      ...capacities,
      temporalTransitions: 2 * capacities.temporalTransitions,
    } as unknown as typeof capacities;
    expect(at(doubled) / at(capacities)).toBeCloseTo(2, 2);
  });

  test('finds no number of apis where reading all tokens takes more than one core', () => {
    expect(sizesFor({ ...load, streams: 1_000_000 }, measured, capacities).apis).toBe(Number.POSITIVE_INFINITY);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createSeededRandom } from '../../../scripts/chaos/seededRandom.js';

const draw = (seed: number, name: string) => {
  const random = createSeededRandom(seed, name);
  return Array.from({ length: 20 }, () => random.between(0, 1_000_000));
};

describe('the random numbers of a chaos run', () => {
  test('are the same for the same seed and name, and different otherwise', () => {
    expect(draw(7, 'lane 0')).toEqual(draw(7, 'lane 0'));
    expect(draw(7, 'lane 0')).not.toEqual(draw(8, 'lane 0'));
    expect(draw(7, 'lane 0')).not.toEqual(draw(7, 'lane 1'));
  });

  test('pick by weight', () => {
    const random = createSeededRandom(1, 'weights');
    const picks = Array.from({ length: 4_000 }, () => random.weighted([{ weight: 3 }, { weight: 1 }])?.weight);
    const heavy = picks.filter((weight) => weight === 3).length / picks.length;
    expect(heavy).toBeGreaterThan(0.7);
    expect(heavy).toBeLessThan(0.8);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyChange, find, isStale } from './changes.js';

/** Texts of few letters, so that much of them occurs more than once, and long enough for the search of our own. */
const repetitive = (units: number) =>
  fc
    .record({
      seed: fc.array(fc.constantFrom('a', 'b', '\ud83d'), { minLength: 1, maxLength: 5 }),
      end: fc.string({ maxLength: 3 }),
    })
    .map(({ seed, end }) => seed.join('').repeat(Math.ceil(units / seed.length)) + end);

describe('the first occurrence of a text', () => {
  test('is the same position with both search algorithms as with indexOf', () => {
    fc.assert(
      fc.property(repetitive(6_000), repetitive(2_000), fc.nat(5_000), fc.nat(3_000), (body, other, from, length) => {
        const within = body.slice(from, from + length);
        for (const text of [within, other, `${within}x`]) expect(find(body, text)).toBe(body.indexOf(text));
      }),
      { numRuns: 100 },
    );
  });

  test('is found in time linear in both texts', () => {
    const body = 'a'.repeat(1_000_000);
    // by comparing at each place, this takes minutes
    for (let n = 0; n < 20; n++) {
      expect(find(body, `b${'a'.repeat(200_000)}`)).toBe(-1);
      expect(find(body, `${'a'.repeat(200_000)}b`)).toBe(-1);
    }
    expect(find(`${body}b`, `${'a'.repeat(200_000)}b`)).toBe(800_000);
  });

  test('is what a change replaces, without interpreting replacement patterns', () => {
    expect(applyChange('cat cat', { original: 'cat', proposed: '$& dog' })).toBe('$& dog cat');
    expect(applyChange('cat', { original: 'cow', proposed: '' })).toBeNull();
    expect([isStale('cat', { original: 'cat' }), isStale('cat', { original: 'cow' })]).toEqual([false, true]);
  });
});

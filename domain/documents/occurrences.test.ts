import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { occurrences } from './occurrences.js';

/** Texts of few letters, so that much of them occurs more than once, and long enough for the search of our own. */
const repetitive = (units: number) =>
  fc
    .record({
      seed: fc.array(fc.constantFrom('a', 'b', '\ud83d'), { minLength: 1, maxLength: 5 }),
      end: fc.string({ maxLength: 3 }),
    })
    .map(({ seed, end }) => seed.join('').repeat(Math.ceil(units / seed.length)) + end);

function byIndexOf(body: string, text: string): number[] {
  const all: number[] = [];
  for (let at = body.indexOf(text); text !== '' && at >= 0; at = body.indexOf(text, at + 1)) all.push(at);
  return all;
}

describe('the occurrences of a text', () => {
  test('are the same with both search algorithms as with indexOf', () => {
    fc.assert(
      fc.property(repetitive(6_000), repetitive(2_000), fc.nat(5_000), fc.nat(3_000), (body, other, from, length) => {
        const within = body.slice(from, from + length);
        for (const text of [within, other, `${within}x`])
          expect([...occurrences(body, text)]).toEqual(byIndexOf(body, text));
      }),
      { numRuns: 50 },
    );
  });

  test('are found in time linear in both texts, however many overlap', () => {
    const body = 'a'.repeat(1_000_000);
    // by comparing at each place, this takes minutes
    for (let n = 0; n < 20; n++) {
      expect([...occurrences(body, `b${'a'.repeat(200_000)}`)]).toEqual([]);
      expect([...occurrences(body, `${'a'.repeat(200_000)}b`)]).toEqual([]);
    }
    expect([...occurrences(body, 'a'.repeat(200_000))]).toHaveLength(800_001);
    expect([...occurrences(`${body}b`, `${'a'.repeat(200_000)}b`)]).toEqual([800_000]);
  });
});

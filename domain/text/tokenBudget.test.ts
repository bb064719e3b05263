import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allowances, cut, measure, takeInTurns } from './tokenBudget.js';

const perCharacter = (text: string) => text.length;

describe('a text cut to its allowance', () => {
  test('is a prefix of the text within the allowance that ends between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3_000 }), fc.nat(4_000), (text, allowance) => {
        const kept = cut(measure(text, perCharacter, 10_000), allowance);
        expect(perCharacter(kept.text)).toBeLessThanOrEqual(allowance);
        expect(text.startsWith(kept.text.replace(/…$/, '')) || text.startsWith(kept.text)).toBe(true);
        expect(kept.text.isWellFormed()).toBe(text.isWellFormed());
      }),
    );
  });

  test('is the whole text if that fits', () => {
    expect(cut(measure('all of it', perCharacter, 9), 9).text).toBe('all of it');
  });

  test('is cut between words where it can be', () => {
    const kept = cut(measure('word '.repeat(1_000), perCharacter, 10_000), 1_000).text;
    expect(kept).toMatch(/^(word )*word…$/);
    expect(kept.length).toBeGreaterThan(600);
  });
});

describe('allowances', () => {
  test('stay within the total and cut nothing that fits', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 10 }), fc.nat(5_000), (costs, total) => {
        const allowed = allowances(costs, total);
        expect(allowed.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(total);
        for (const [n, cost] of allowed.entries()) expect(cost).toBeLessThanOrEqual(costs[n]!);
        if (costs.reduce((sum, cost) => sum + cost, 0) <= total) expect(allowed).toEqual(costs);
      }),
    );
  });

  test('cut the least valuable first, but leave each text a share while the total allows it', () => {
    expect(allowances([100, 100, 100, 100], 300)).toEqual([100, 100, 63, 37]);
    expect(allowances([10, 900, 100], 120)).toEqual([10, 90, 20]);
    expect(allowances([500, 500], 0)).toEqual([0, 0]);
  });
});

describe('a budget that is filled from two lists', () => {
  const shorten = (text: string, allowance: number) => cut(measure(text, perCharacter, 10_000), allowance);

  test('is shared by both, and the rest goes to the one that needs more', () => {
    const [a, b] = takeInTurns(
      [
        ['a1', 'a2'],
        ['b1', 'b2', 'b3', 'b4'],
      ],
      6 * 8,
      shorten,
    );
    expect([a, b]).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2', 'b3', 'b4'],
    ]);
  });

  test('holds nothing that is worth less than what did not fit', () => {
    expect(takeInTurns([['a', 'x'.repeat(500), 'a'], []], 100, shorten)).toEqual([['a'], []]);
  });

  test('is never exceeded', () => {
    const texts = fc.array(fc.string({ maxLength: 600 }), { maxLength: 10 });
    fc.assert(
      fc.property(texts, texts, fc.integer({ min: -10, max: 2_000 }), (first, second, room) => {
        const taken = takeInTurns([first, second], room, shorten).flat();
        expect(taken.join('').length).toBeLessThanOrEqual(Math.max(0, room));
      }),
    );
  });
});

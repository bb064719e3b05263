import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanText, createTextCleaner } from './text.js';

/** Any text in UTF-16 code units: whole pairs, halves of pairs, and NUL more often than chance has it. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom('\0', '🦊', 'é', 'e\u0301', 'ab'),
    ),
  )
  .map((pieces) => pieces.join(''));

const cutUp = (text: string, cuts: number[]): string[] => {
  const edges = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return edges.slice(1).map((to, n) => text.slice(edges[n], to));
};

const cleanDeltas = (deltas: string[]): string[] => {
  const cleaner = createTextCleaner();
  return [...deltas.map((delta) => cleaner.push(delta)), cleaner.end()];
};

describe('streamed text', () => {
  test('is cleaned to the same text wherever its deltas are cut', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat()), (text, cuts) => {
        expect(cleanDeltas(cutUp(text, cuts)).join('')).toBe(cleanText(text));
      }),
    );
  });

  test('never has a delta with NUL or half a surrogate pair', () => {
    fc.assert(
      fc.property(fc.array(anyText), (deltas) => {
        for (const piece of cleanDeltas(deltas)) {
          expect(piece.isWellFormed()).toBe(true);
          expect(piece).not.toContain('\0');
        }
      }),
    );
  });

  test('is not changed when it is well formed and free of NUL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\0') && text.isWellFormed());
        expect(cleanText(text)).toBe(text);
      }),
    );
  });

  test('keeps a surrogate pair that is cut between two deltas', () => {
    expect(cleanDeltas(['a\ud83e', '\udd8a b'])).toEqual(['a', '🦊 b', '']);
  });

  test('keeps a surrogate pair with a NUL in its middle', () => {
    expect(cleanDeltas(['\ud83e', '\0', '\udd8a'])).toEqual(['', '', '🦊', '']);
  });

  test('ends with U+FFFD for half a surrogate pair that was never completed', () => {
    expect(cleanDeltas(['a', '\ud83e'])).toEqual(['a', '', '\ufffd']);
    expect(cleanDeltas(['\udd8a'])).toEqual(['\ufffd', '']);
  });

  test('holds back nothing but half a surrogate pair', () => {
    const cleaner = createTextCleaner();
    expect(cleaner.push('all of it')).toBe('all of it');
    expect(cleaner.end()).toBe('');
  });
});

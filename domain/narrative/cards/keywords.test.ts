import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createKeywordFinder } from './keywords.js';

test('the keywords that are found are those that a text includes', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), maxLength: 5 });
  const line = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', ' '), maxLength: 30 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), fc.array(line, { maxLength: 4 }), (keywords, texts) => {
      const expected = keywords.filter((keyword) => keyword !== '' && texts.some((text) => text.includes(keyword)));
      expect(createKeywordFinder(keywords)(texts)).toEqual(new Set(expected));
    }),
    { numRuns: 500 },
  );
});

test('keywords that are suffixes of each other take no more time than their length', () => {
  const keywords = Array.from({ length: 1_000 }, (_, n) => 'a'.repeat(n + 1));
  expect(createKeywordFinder(keywords)(['a'.repeat(500_000)]).size).toBe(1_000);
});

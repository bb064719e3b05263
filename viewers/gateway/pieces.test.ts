import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPieces } from './pieces.js';

test('what is read piece by piece is what was appended, wherever it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(20_000))), { maxLength: 12 }),
      fc.integer({ min: 2, max: 30_000 }),
      (texts, length) => {
        const pieces = createPieces();
        for (const text of texts) pieces.append(text);
        const max = Math.max(length, Math.ceil(pieces.length / 200));
        let read = '';
        while (read.length < pieces.length) {
          const piece = pieces.read(read.length, max);
          if (piece === '' || piece.length > max || !piece.isWellFormed()) throw new Error(`a bad piece: ${piece}`);
          read += piece;
        }
        expect(read).toBe(texts.join(''));
        expect(pieces.all()).toBe(read);
      },
    ),
    { numRuns: 200 },
  );
});

test('there is nothing to read at the end', () => {
  const pieces = createPieces();
  expect(pieces.read(0, 10)).toBe('');
  pieces.append('abc');
  expect(pieces.read(3, 10)).toBe('');
});

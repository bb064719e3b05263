import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createTextBuffer } from './textBuffer.js';

test('a text buffer read in pieces gives the text that was appended, and never splits a surrogate pair', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(20_000))), { maxLength: 12 }),
      fc.integer({ min: 2, max: 30_000 }),
      (texts, length) => {
        const buffer = createTextBuffer();
        for (const text of texts) buffer.append(text);
        const max = Math.max(length, Math.ceil(buffer.length / 200));
        let read = '';
        while (read.length < buffer.length) {
          const piece = buffer.read(read.length, max);
          if (piece === '' || piece.length > max || !piece.isWellFormed()) throw new Error(`a bad piece: ${piece}`);
          read += piece;
        }
        expect(read).toBe(texts.join(''));
        expect(buffer.all()).toBe(read);
      },
    ),
    { numRuns: 200 },
  );
});

test('a text buffer gives an empty string at its end', () => {
  const buffer = createTextBuffer();
  expect(buffer.read(0, 10)).toBe('');
  buffer.append('abc');
  expect(buffer.read(3, 10)).toBe('');
});

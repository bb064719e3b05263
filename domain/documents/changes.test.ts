import { describe, expect, test } from '@jest/globals';
import { applyChange } from './changes.js';

describe('a change that is applied', () => {
  test('replaces its place without interpreting replacement patterns, and says what it replaced', () => {
    expect(applyChange('cat cat', { start: 0, end: 3 }, '$& dog')).toEqual({
      body: '$& dog cat',
      edit: { start: 0, end: 3, length: 6 },
    });
  });

  test.each([
    ['of its place', 'a\nb\r\nc\nd', [2, 6], 'X\nY', 'a\nX\r\nY\nd'],
    ['after its place', 'a\r\nb\r\n', [0, 1], 'X\nY', 'X\r\nY\r\nb\r\n'],
    ['before its place', 'a\rb', [2, 3], 'X\r\nY\nZ', 'a\rX\rY\rZ'],
    ['before its place, of two units', 'a\r\nb', [3, 4], 'X\nY', 'a\r\nX\r\nY'],
    ['of the text, where the body has none', 'ab', [0, 1], 'X\r\nY', 'X\r\nYb'],
    ['with a line end within a pair', 'a\nb', [0, 3], '1\r\n2\r3\n4', '1\n2\n3\n4'],
  ] as const)('has the line ends %s', (_, body, [start, end], proposed, result) => {
    expect(applyChange(body, { start, end }, proposed).body).toBe(result);
  });
});

import { describe, expect, test } from '@jest/globals';
import { findPatterns, isUsablePattern } from './linearPatterns.js';

const found = (pattern: string, line: string, caseSensitive = false) =>
  findPatterns([{ pattern, caseSensitive }], [line]).size === 1;

describe('the patterns of a lorebook', () => {
  test.each([
    ['l.mps?\\b', 'The LAMP burns', true],
    ['^lamp', 'the lamp', false],
    ['/lamp|light/', 'a light', true],
    ['/^two$/m', 'one\ntwo', true],
    ['/a.b/s', 'a\nb', true],
    ['(?:un)?fair', 'unfair', true],
  ])('%s is found in %j: %s', (pattern, line, expected) => {
    expect(found(pattern, line)).toBe(expected);
  });

  test('heed upper case where the entry says so, unless the pattern says otherwise', () => {
    expect(found('Lamp', 'lamp', true)).toBe(false);
    expect(found('/Lamp/i', 'lamp', true)).toBe(true);
  });

  test.each(['(', '(?<=a)b', '(a)\\1', 'x'.repeat(501), '(.{100}){100}'])(
    '%s is not usable, and matches nothing',
    (pattern) => {
      expect(isUsablePattern({ pattern, caseSensitive: false })).toBe(false);
      expect(found(pattern, `ab aa ${'x'.repeat(600)}`)).toBe(false);
    },
  );

  test('take a bounded time, however bad they are and however many', () => {
    const patterns = Array.from({ length: 300 }, (_, n) => ({
      pattern: `(a|aa|a*)*{1,9}(a+)+${n}$`,
      caseSensitive: true,
    }));
    const many = Array.from({ length: 300 }, (_, n) => ({ pattern: `(a|aa)+(a+)+b${n}$`, caseSensitive: true }));
    const lines = Array.from({ length: 5 }, () => 'a'.repeat(20_000));
    findPatterns([...patterns, ...many], lines);
    const before = performance.now();
    findPatterns([...patterns, ...many], lines);
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});

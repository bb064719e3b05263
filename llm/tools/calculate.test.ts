import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BadExpression, calculate } from './calculate.js';

describe('the tool calculate', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ** -1', 0.5],
    ['10 % 4 - -1', 3],
    ['sqrt(16) + max(1, 2, 3)', 7],
    ['round(pi * 100) / 100', 3.14],
    ['1.5e3 + .5', 1500.5],
    ['6 × 7 ÷ 2', 21],
    ['1/0', Number.POSITIVE_INFINITY],
  ])('evaluates %s as %d', (expression, value) => {
    expect(calculate(expression)).toBe(value);
  });

  test.each([
    '',
    '1 +',
    '(1',
    '1)',
    '1 2',
    'process',
    'constructor(1)',
    '__proto__',
    'a.b',
    '1;2',
    'sqrt 4',
    '"x"',
    '1 constructor 2',
  ])('returns an error for %j, which is no expression', (expression) => {
    expect(() => calculate(expression)).toThrow(BadExpression);
  });

  test('refuses an expression that is nested too deeply', () => {
    expect(() => calculate('('.repeat(10_000))).toThrow(BadExpression);
    expect(() => calculate('-'.repeat(10_000))).toThrow(BadExpression);
    expect(calculate(Array.from({ length: 5_000 }, () => '1').join('+'))).toBe(5_000);
  });

  test('returns a number or an error for any characters', () => {
    const text = fc.array(fc.constantFrom(...'0123456789.+-*/%^(),e pimax'.split(''))).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (expression) => {
        try {
          expect(typeof calculate(expression)).toBe('number');
        } catch (error) {
          expect(error).toBeInstanceOf(BadExpression);
        }
      }),
    );
  });
});

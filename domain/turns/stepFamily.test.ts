import { expect, test } from '@jest/globals';
import { classifierNames, classifiers } from '../classifiers/index.js';
import { stepFamilies, stepFamily } from './stepFamily.js';
import { stepName } from './stepName.js';

const named = [
  ...Object.values(stepName).map((name) => (typeof name === 'string' ? name : name('chr_1' as never, 'you', 0))),
  ...classifierNames.filter((name) => classifiers[name].follows),
];

test('every step has a family name that holds no id', () => {
  const families = new Set(named.map(stepFamily));
  expect([...families, 'other'].sort()).toEqual([...stepFamilies].sort());
  expect(stepFamily('state_update:chr_1>you:0')).toBe('state_update');
  expect(stepFamily('what nobody knows')).toBe('other');
});

import { expect, test } from '@jest/globals';
import { stepFamilies } from '../../domain/turns/stepFamily.js';
import { stepLabel } from './labels.js';

test('every step of a turn has words of its own on the page', () => {
  const families = stepFamilies.filter((family) => family !== 'other');
  const unlabelled = families.filter((family) => stepLabel(`${family}:x`, (id) => id).startsWith(family));
  expect(unlabelled).toEqual([]);
});

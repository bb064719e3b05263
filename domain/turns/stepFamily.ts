import { classifierNames, classifiers } from '../classifiers/index.js';
import { stepName } from './stepName.js';

const familyOf = (step: string): string => step.split(':', 1)[0] ?? step;

/** The parts of steps' names that are the same in every chat: without characters, beats and ids. */
export const stepFamilies: readonly string[] = [
  ...Object.values(stepName).map((name) => familyOf(typeof name === 'string' ? name : name('' as never, '', 0))),
  ...classifierNames.filter((name) => classifiers[name].follows),
  'other',
];

/**
 * Returns, for example, `state_update` for `state_update:chr_1>you:0`. A label of metrics, so there must be few values.
 */
export function stepFamily(step: string): string {
  const family = familyOf(step);
  return stepFamilies.includes(family) ? family : 'other';
}

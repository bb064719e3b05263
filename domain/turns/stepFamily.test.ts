import { expect, test } from '@jest/globals';
import { stepFamilies, stepFamily } from './stepFamily.js';
import { stepName } from './stepName.js';

const { parse, addressee, interjection, eventLifecycle, sceneClose } = stepName;
const named = [
  ...[parse, addressee, interjection, eventLifecycle, sceneClose],
  ...[stepName.reply(0), stepName.memory(1), stepName.stateUpdate('chr_1', 'you', 0), stepName.significance(1)],
  ...[stepName.tool('call_1'), stepName.sceneSummary('chr_1')],
];

test('every step has a family name that holds no id', () => {
  const families = new Set(named.map(stepFamily));
  expect([...families, 'other'].sort()).toEqual([...stepFamilies].sort());
  expect(stepFamily('state_update:chr_1>you:0')).toBe('state_update');
  expect(stepFamily('what nobody knows')).toBe('other');
});

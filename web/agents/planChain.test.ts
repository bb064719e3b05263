import { expect, test } from '@jest/globals';
import { chainOf } from './planChain.js';

test('a plan lists its steps in the order in which they run, with secondary inputs under their step', () => {
  const root = {
    searchName: '__combine__',
    operator: 'INTERSECT',
    primaryInput: { searchName: 'First', displayName: 'The first' },
    secondaryInput: { searchName: 'Other' },
  };
  expect(chainOf(root)).toEqual({
    omitted: 0,
    steps: [
      { name: 'The first', operator: null, secondary: null },
      {
        name: 'Combine',
        operator: 'INTERSECT',
        secondary: { omitted: 0, steps: [{ name: 'Other', operator: null, secondary: null }] },
      },
    ],
  });
});

test('a plan of 5,000 steps is cut to its last 100, and 5,000 levels of secondary inputs to the top ones', () => {
  let chain: object = { id: 's0' };
  for (let n = 1; n < 5_000; n++) chain = { id: `s${n}`, primaryInput: chain };
  const shown = chainOf(chain);
  expect(shown).toMatchObject({ omitted: 4_900 });
  expect(shown?.steps.at(-1)?.name).toBe('s4999');
  let deep: object = {};
  for (let n = 0; n < 5_000; n++) deep = { secondaryInput: deep };
  expect(JSON.stringify(chainOf(deep)).length).toBeLessThan(1_000);
});

test('a value that is not a plan gives null', () => {
  expect([undefined, null, 'plan', [], 7].map((value) => chainOf(value))).toEqual([null, null, null, null, null]);
});

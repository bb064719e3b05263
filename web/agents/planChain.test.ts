import { expect, test } from '@jest/globals';
import { chainOf } from './planChain.js';

test('steps are in the order in which they are done, with what joins them on the side', () => {
  const root = {
    searchName: '__combine__',
    operator: 'INTERSECT',
    primaryInput: { searchName: 'First', displayName: 'The first' },
    secondaryInput: { searchName: 'Other' },
  };
  expect(chainOf(root)).toEqual({
    left: 0,
    steps: [
      { name: 'The first', operator: null, from: null },
      {
        name: 'Combine',
        operator: 'INTERSECT',
        from: { left: 0, steps: [{ name: 'Other', operator: null, from: null }] },
      },
    ],
  });
});

test('of a very long chain the end is shown, and of very deep sides the top', () => {
  let chain: object = { id: 's0' };
  for (let n = 1; n < 5_000; n++) chain = { id: `s${n}`, primaryInput: chain };
  const shown = chainOf(chain);
  expect(shown).toMatchObject({ left: 4_900 });
  expect(shown?.steps.at(-1)?.name).toBe('s4999');
  let deep: object = {};
  for (let n = 0; n < 5_000; n++) deep = { secondaryInput: deep };
  expect(JSON.stringify(chainOf(deep)).length).toBeLessThan(1_000);
});

test('what is no plan is none', () => {
  expect([undefined, null, 'plan', [], 7].map((value) => chainOf(value))).toEqual([null, null, null, null, null]);
});

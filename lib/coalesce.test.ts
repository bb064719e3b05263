import { expect, test } from '@jest/globals';
import { coalesce } from './coalesce.js';

test('calls during a run share its result, and a later call runs the work again', async () => {
  let runs = 0;
  const run = coalesce(async () => ++runs);
  expect(await Promise.all([run(), run(), run()])).toEqual([1, 1, 1]);
  expect(await run()).toBe(2);
});

test('calls during a run that fails share its error, and a later call runs the work again', async () => {
  let runs = 0;
  const run = coalesce(async () => {
    runs += 1;
    if (runs === 1) throw new Error('failed');
    return runs;
  });
  expect(await Promise.allSettled([run(), run()])).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect(await run()).toBe(2);
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fuzz } from '../../../scripts/fuzz/run.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

/** The same requests in each run of the suite. `FUZZ_REQUESTS=10000` sends more, `FUZZ_SEED` others. */
const requests = Number(process.env.FUZZ_REQUESTS ?? 1_500);
const seed = Number(process.env.FUZZ_SEED ?? 20_261_128);
const keys = { own: 'k-own', other: 'k-other', doomed: 'k-doomed' };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    env: {
      API_KEYS: `${keys.own}:own,${keys.other}:other,${keys.doomed}:doomed`,
      REQUESTS_PER_MINUTE: '1000000',
      PROVIDER_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ALLOWED_PROVIDER_HOSTS: '127.0.0.1',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    },
  });
}, 60_000);
afterAll(() => api?.close());

test('requests at random to every route are answered as the OpenAPI document says, never with 500 and never with data of another owner', async () => {
  const { breaches, statuses, neverSucceeded } = await fuzz({ base: api.url, keys, requests, seed });
  expect({ seed, breaches }).toEqual({ seed, breaches: [] });
  expect(Object.keys(statuses)).toEqual(
    expect.arrayContaining(['200', '201', '202', '204', '400', '404', '409', '415']),
  );
  expect({ seed, many: neverSucceeded.length < 40 }).toEqual({ seed, many: true });
}, 600_000);

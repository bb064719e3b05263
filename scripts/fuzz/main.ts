import { randomBytes, randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startService } from '../../test/support/service/service.js';
import { messageOf } from '../start/failure.js';
import { type FuzzReport, fuzz } from './run.js';

/**
 * `npm run fuzz -- [--requests 10000] [--seed N]`: requests at random to every route of the OpenAPI document, on a service
 * of its own with the demo provider. Exits with 1 when an answer is not as the document says.
 */
const keys = { own: 'key-of-the-fuzzer', other: 'key-of-another-owner', doomed: 'key-of-who-deletes-all' };
const env = {
  API_KEYS: `${keys.own}:own,${keys.other}:other,${keys.doomed}:doomed`,
  REQUESTS_PER_MINUTE: '1000000',
  ALLOWED_PROVIDER_HOSTS: '127.0.0.1',
  PROVIDER_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
};

const onBreach = (breach: string) => console.log(`\nFAILED  ${breach}`);

async function main(): Promise<FuzzReport> {
  const { values } = parseArgs({ options: { requests: { type: 'string' }, seed: { type: 'string' } } });
  const requests = Number(values.requests ?? process.env.FUZZ_REQUESTS ?? 10_000);
  const seed = Number(values.seed ?? process.env.FUZZ_SEED ?? randomInt(2 ** 31));
  if (!Number.isInteger(requests) || !Number.isInteger(seed))
    throw new Error('--requests and --seed take whole numbers');
  console.log(`seed ${seed}: ${requests} requests`);
  const service = await startService({ env });
  try {
    return await fuzz({ base: service.api, keys, requests, seed, waitSeconds: 20, onBreach });
  } finally {
    await service.dispose();
  }
}

try {
  const { breaches, statuses, neverSucceeded } = await main();
  console.log(`\nstatuses ${JSON.stringify(statuses)}`);
  console.log(`never succeeded: ${neverSucceeded.join(', ') || 'none'}`);
  console.log(`${breaches.length} breaches`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

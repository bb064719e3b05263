import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { clientSchema } from '../../scripts/clientSchema.js';

test('the types of the client package are up to date with the schemas of the service (npm run client:schema)', async () => {
  expect(await readFile('client/src/schema.ts', 'utf8')).toBe(await clientSchema());
});

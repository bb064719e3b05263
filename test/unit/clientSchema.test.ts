import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { clientSchema } from '../../scripts/clientSchema.js';

test("the client's types are those of the service's schemas: `npm run client:schema` makes them", async () => {
  expect(await readFile('client/src/schema.ts', 'utf8')).toBe(await clientSchema());
});

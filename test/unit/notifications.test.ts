import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

/** Outside of any transaction: the notifier, and the check of a server at the start. */
const allowed = ['core/checkServer.ts', 'core/poolNotifier.ts'];

test('no statement of a transaction calls pg_notify, which would make commits wait for each other', async () => {
  const names = await readdir('db', { recursive: true });
  const calling: string[] = [];
  for (const name of names.filter((each) => /\.(ts|sql)$/.test(each))) {
    if ((await readFile(join('db', name), 'utf8')).includes('pg_notify(')) calling.push(name);
  }
  expect(calling.sort()).toEqual(allowed);
});

import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { failures } from '../../domain/log/failures.js';

test('docs/failures.md lists each failure code, and whether it is retried', async () => {
  const text = await readFile('docs/failures.md', 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((line) => {
    const [, codes = '', retried = ''] = line.split('|');
    return [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => [code, retried.trim()]);
  });
  const expected = Object.entries(failures).map(([code, { retried }]) => [code, retried ? 'yes' : 'no']);
  expect(listed.sort()).toEqual(expected.sort());
});

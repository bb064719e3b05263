import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';

test('each test file in test/longest.json exists and is listed once', async () => {
  const names = JSON.parse(await readFile('test/longest.json', 'utf8')) as string[];
  expect(names.filter((name) => !existsSync(`test/${name}.test.ts`))).toEqual([]);
  expect(names).toEqual([...new Set(names)]);
});

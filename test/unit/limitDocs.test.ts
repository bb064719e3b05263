import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readConfig, settingNames } from '../../config.js';

const rows = readFileSync('docs/limits.md', 'utf8').matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm);

test('docs/limits.md has a row with the default for each setting that limits an owner, a chat or a caller', () => {
  const documented = [...rows].map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]);
  const config = readConfig({});
  const limits = settingNames.filter((name) => /_PER_(OWNER|CHAT|MINUTE)$/.test(name));
  const defaults = limits.map((name) => [name, config[name as keyof typeof config]]);
  expect(documented.sort()).toEqual(defaults.sort());
});

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

/** Static imports and exports that are there at run time, unlike those of types. */
const atRunTime = /^(?:import|export)\s+(?!type\s)(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;

/** Every module that the entry brings along: files by their path, packages by their name. */
function broughtAlong(entry: string): Set<string> {
  const found = new Set([entry]);
  for (const file of found) {
    if (!file.endsWith('.ts')) continue;
    for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(atRunTime)) {
      found.add(from.startsWith('.') ? join(dirname(file), from.replace(/\.js$/, '.ts')) : from);
    }
  }
  return found;
}

test('the workflow bundle includes no library but Temporal, since each workflow evaluates its imports', () => {
  const found = [...broughtAlong(resolve('workflows/index.ts'))];
  expect(found.filter((module) => !module.endsWith('.ts'))).toEqual(['@temporalio/workflow']);
});

test('the search for imports of workflows finds the schemas of domain', () => {
  expect(broughtAlong(resolve('domain/turns/turn.ts'))).toContain('zod');
});

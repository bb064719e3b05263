import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const folder = 'workflows';

/** The functions that Temporal runs as workflows: what `index.ts` exports. Others are called by them, after an `await`. */
const workflows = [...readFileSync(join(folder, 'index.ts'), 'utf8').matchAll(/export \{ (\w+) \}/g)].map(
  ([, name]) => name,
);
const beginning = new RegExp(`export async function (?:${workflows.join('|')})\\(`, 'g');

/** Calls of `patched` and `deprecatePatch` that an `await`, or a function that was awaited, may precede. */
function latePatches(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return [...code.matchAll(/\b(?:patched|deprecatePatch)\(/g)].flatMap(({ index }) => {
    const before = code.slice(0, index);
    const opens = [...before.matchAll(beginning)].at(-1)?.index ?? -1;
    const inFunction = opens >= 0 && !/\n}\n/.test(before.slice(opens));
    return inFunction && !/\bawait\b/.test(before.slice(opens)) ? [] : [code.slice(index).split('\n')[0] ?? ''];
  });
}

test('no workflow asks for a patch after its first await, because the answer would depend on how its history is split', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  expect(workflows).toContain('turn');
  expect(files).toContain('narrative/narrative.ts');
  expect(files).toContain('turn.ts');
  const late = files.flatMap((name) => latePatches(readFileSync(join(folder, name), 'utf8')));
  expect(late).toEqual([]);
});

test('the search for late patches finds one after an await and one in a separate function', () => {
  const early = "export async function turn() {\n  const one = patched('one');\n  await open();\n}\n";
  const late = "export async function turn() {\n  await open();\n  if (patched('two')) go();\n}\n";
  const apart = "export const three = () => patched('three');\n";
  const called = "export async function narrative() {\n  const four = patched('four');\n}\n";
  expect(latePatches(early)).toEqual([]);
  expect(latePatches(late + apart)).toEqual(["patched('two')) go();", "patched('three');"]);
  expect(latePatches(called)).toEqual(["patched('four');"]);
});

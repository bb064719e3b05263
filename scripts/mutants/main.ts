import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rooms } from '../rooms.js';
import { messageOf } from '../start/failure.js';
import { mutations } from './mutations/index.js';
import type { Mutation, Named } from './mutations/mutation.js';
import { runTests } from './runTests.js';

/**
 * `npm run mutants [-- PART OF A NAME]`: removes safeguards one at a time in a copy of the source, and checks that the test
 * of each passes with it and fails without it. Exits with 1 when a mutant survives.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const copied = [
  ...rooms,
  'config.ts',
  'client',
  'scripts',
  'test',
  'bench',
  'package.json',
  'jest.config.js',
  'tsconfig.base.json',
];

/** Copies the source, so that a run that is killed leaves no mutated file in it. */
async function copySource(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-mutants-'));
  for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Applies a mutation. Gives the function that reverts it. Throws unless the file contains each text exactly once. */
async function mutate(folder: string, { file, replace, name }: Mutation): Promise<() => Promise<void>> {
  const path = join(folder, file);
  const before = await readFile(path, 'utf8');
  let after = before;
  for (const [from, to] of replace) {
    const parts = after.split(from);
    if (parts.length !== 2) {
      throw new Error(`${name}: ${file} contains this text ${parts.length - 1} times instead of once:\n${from}`);
    }
    after = parts.join(to);
  }
  await writeFile(path, after);
  return () => writeFile(path, before);
}

const shown = ({ file, name }: Named) => `${file}: ${name}`;

async function survivalReason(folder: string, mutation: Mutation, signal: AbortSignal): Promise<string | null> {
  const restore = await mutate(folder, mutation);
  try {
    const [outcome] = await runTests(folder, [mutation.test], signal);
    if (outcome === 'failed') return null;
    return outcome === 'passed' ? 'its test passes without the safeguard' : 'its test did not run';
  } finally {
    await restore();
  }
}

async function main(signal: AbortSignal): Promise<boolean> {
  const part = process.argv[2] ?? '';
  const chosen = mutations.filter(({ name }) => name.includes(part));
  if (chosen.length === 0) throw new Error(`No mutation's name contains "${part}".`);
  const folder = await copySource();
  try {
    // Checks the texts of all rows before any test runs.
    for (const mutation of chosen) await (await mutate(folder, mutation))();
    const tests = [...new Map(chosen.map(({ test }) => [shown(test), test])).values()];
    const outcomes = await runTests(folder, tests, signal);
    const failing = tests.filter((_, n) => outcomes[n] !== 'passed');
    if (failing.length > 0)
      throw new Error(`These tests fail on the unchanged source:\n${failing.map(shown).join('\n')}`);
    console.log(`${tests.length} tests pass on the unchanged source`);
    let survived = 0;
    for (const mutation of chosen) {
      const why = await survivalReason(folder, mutation, signal);
      if (why) survived += 1;
      console.log(
        `${why ? 'SURVIVED' : 'killed  '} without ${mutation.name}: ${why ?? `${shown(mutation.test)} fails`}`,
      );
    }
    console.log(`${chosen.length - survived} of ${chosen.length} mutants killed`);
    return survived === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}
try {
  process.exitCode = (await main(stop.signal)) ? 0 : 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

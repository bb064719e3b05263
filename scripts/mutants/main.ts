import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rooms } from '../rooms.js';
import { messageOf } from '../start/failure.js';
import { type Mutation, mutations, type Named } from './mutations.js';
import { runTests } from './runTests.js';

/**
 * `npm run mutants [-- PART OF A NAME]`: takes safeguards away, one at a time, in a copy of the source, and demands that
 * the test which is there for it fails; before that, that it passes. Exits with 1 when one survives.
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

/** A copy, so that a run that is killed leaves no mutated source behind. */
async function copySource(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-mutants-'));
  for (const name of copied) await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Gives what puts the text back. */
async function mutate(folder: string, { file, replace, name }: Mutation): Promise<() => Promise<void>> {
  const path = join(folder, file);
  const before = await readFile(path, 'utf8');
  let after = before;
  for (const [from, to] of replace) {
    const parts = after.split(from);
    if (parts.length !== 2) {
      throw new Error(`${name}: ${file} holds ${parts.length - 1} times what is to be replaced:\n${from}`);
    }
    after = parts.join(to);
  }
  await writeFile(path, after);
  return () => writeFile(path, before);
}

const shown = ({ file, name }: Named) => `${file}: ${name}`;

async function judge(folder: string, mutation: Mutation, signal: AbortSignal): Promise<string | null> {
  const restore = await mutate(folder, mutation);
  try {
    const [outcome] = await runTests(folder, [mutation.test], signal);
    if (outcome === 'failed') return null;
    return outcome === 'passed' ? 'its test passes without it' : 'its test did not run without it';
  } finally {
    await restore();
  }
}

async function main(signal: AbortSignal): Promise<boolean> {
  const part = process.argv[2] ?? '';
  const chosen = mutations.filter(({ name }) => name.includes(part));
  if (chosen.length === 0) throw new Error(`No mutation's name holds "${part}".`);
  const folder = await copySource();
  try {
    // The text of every row is looked for before anything runs.
    for (const mutation of chosen) await (await mutate(folder, mutation))();
    const tests = [...new Map(chosen.map(({ test }) => [shown(test), test])).values()];
    const outcomes = await runTests(folder, tests, signal);
    const red = tests.filter((_, n) => outcomes[n] !== 'passed');
    if (red.length > 0) throw new Error(`Not green on the source as it is:\n${red.map(shown).join('\n')}`);
    console.log(`${tests.length} tests are green on the source as it is`);
    let survived = 0;
    for (const mutation of chosen) {
      const why = await judge(folder, mutation, signal);
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

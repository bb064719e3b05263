import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.js';
import { messageOf } from './start/failure.js';
import { findTemporal } from './temporal/findTemporal.js';

/**
 * `npm test`: everything that decides whether a change may land, cheapest first. A check that fails stops none of
 * the others; the last line counts them all. Arguments go to Jest (`npm test -- test/e2e/failures/faults.test.ts`), which then
 * looks for them in all kinds of tests at once.
 */
type Counts = { passed: number; failed: number };

const jestBound = 40 * 60_000;
const temporalBound = 15 * 60_000;
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

const checks = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-b'] },
  { name: 'lint', command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'dead code', command: ['node_modules/knip/bin/knip.js'] },
];

type Suite = { name: string; args: string[] };

const suite = (name: string, projects: string[], ...more: string[]): Suite => ({
  name,
  args: ['--selectProjects', ...projects, ...more],
});

const served = ['replay', 'integration', 'e2e', 'page'];

/**
 * Tests with servers mostly wait: for a heartbeat that does not come, for a pause between attempts, for a browser. Three
 * files at once keep two cores busy.
 */
const everything = [suite('unit', ['unit'], '--maxWorkers=2'), suite('with servers', served, '--maxWorkers=3')];

let current: ChildProcess | null = null;

/** Runs `node` on the arguments, as the leader of a group that ends with it. Says the exit code; -1 for a signal. */
function run(args: string[], boundMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    current = child;
    const timer = setTimeout(() => child.kill('SIGTERM'), boundMs);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      current = null;
      if (signal) console.error(`${args.join(' ')} was ended by ${signal}`);
      resolve(code ?? -1);
    });
  });
}

async function check(name: string, command: string[]): Promise<Counts> {
  const startedAt = Date.now();
  const ok = (await run(command, 5 * 60_000)) === 0;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runJest({ name, args }: Suite, folder: string): Promise<Counts> {
  const startedAt = Date.now();
  const outputFile = join(folder, `${name}.json`);
  const code = await run([...jest, ...args, '--json', `--outputFile=${outputFile}`], jestBound);
  console.log(`tests, ${name}: ${Math.round((Date.now() - startedAt) / 1_000)} s`);
  const counts = await readCounts(outputFile);
  // Jest can fail with no test to blame: a setup that threw, or no test at all
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

async function readCounts(file: string): Promise<Counts> {
  type Report = { numPassedTests: number; numFailedTests: number; numRuntimeErrorTestSuites: number };
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => null,
  );
  if (!report) return { passed: 0, failed: 1 };
  return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites };
}

/**
 * The services under test would each look for Temporal themselves; on a new machine that means minutes, so it is
 * done once, here, where the wait is seen.
 */
async function ensureTemporal(): Promise<void> {
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  const signal = AbortSignal.timeout(temporalBound);
  const options = { cacheDir, path: process.env.PATH ?? '', say: (line: string) => console.log(line), signal };
  try {
    const { path, from } = await findTemporal(options);
    console.log(`Temporal: ${path} (${from})`);
  } catch (error) {
    console.error(messageOf(error));
  }
}

const total: Counts = { passed: 0, failed: 0 };
const add = (counts: Counts) => {
  total.passed += counts.passed;
  total.failed += counts.failed;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    current?.kill(signal);
    process.exitCode = 1;
  });
}

const folder = await mkdtemp(join(tmpdir(), 'npm-test-'));
try {
  for (const { name, command } of checks) add(await check(name, command));
  // Without it the suites that need it fail by themselves, each in its own words.
  await ensureTemporal();
  const asked = process.argv.slice(2);
  const suites = asked.length > 0 ? [suite('asked', ['unit', ...served], '--maxWorkers=1', ...asked)] : everything;
  for (const each of suites) add(await runJest(each, folder));
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed`);
if (total.failed > 0) process.exitCode = 1;

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.js';
import { jestCommand, type Suite, suitesFor } from './jestSuites.js';
import { messageOf } from './start/failure.js';
import { findTemporal, temporalWithinMs } from './temporal/findTemporal.js';

/**
 * `npm test`: types, lint, dead code and every test, cheapest first. A check that fails stops none of the others; the
 * last line adds them all up. `npm test -- --quick` runs the unit tests, the replays and a few tests with servers. Other
 * arguments go to Jest, which looks for them in all projects: `npm test -- test/e2e/failures/faults.test.ts`.
 */
type Counts = { passed: number; failed: number };

const jestBound = 65 * 60_000;

const checks = [
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-b'] },
  { name: 'lint', command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'dead code', command: ['node_modules/knip/bin/knip.js'] },
];

let current: ChildProcess | null = null;

/** Runs `node` on the arguments. Gives the exit code; -1 for a signal. */
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
  const code = await run([...jestCommand, ...args, '--json', `--outputFile=${outputFile}`], jestBound);
  console.log(`tests, ${name}: ${Math.round((Date.now() - startedAt) / 1_000)} s`);
  const counts = await readCounts(outputFile);
  // Jest can fail although no test did: the setup threw, or no test was found
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
 * Finds or installs Temporal before the tests do. On a new machine that takes minutes; here its progress is visible,
 * and it happens once.
 */
async function ensureTemporal(): Promise<void> {
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  const signal = AbortSignal.timeout(temporalWithinMs);
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
  // The suites that need Temporal fail without it; all others still run.
  await ensureTemporal();
  for (const suite of suitesFor(process.argv.slice(2))) add(await runJest(suite, folder));
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed`);
if (total.failed > 0) process.exitCode = 1;

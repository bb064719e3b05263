import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jestCommand } from '../jestSuites.js';
import type { Named } from './mutations/mutation.js';

/** `missing`: the test did not run, because it does not exist or its file could not be loaded. */
export type Outcome = 'passed' | 'failed' | 'missing';

type Assertion = { title: string; status: string };
type Report = { testResults: { name: string; assertionResults: Assertion[] }[] };

const withinMs = 10 * 60_000;

/** Runs only these tests on the source in `folder`. Gives their outcomes in order. */
export async function runTests(folder: string, tests: Named[], signal: AbortSignal): Promise<Outcome[]> {
  const report = join(folder, 'report.json');
  await rm(report, { force: true });
  const projects = [...new Set(tests.map(({ project }) => project))];
  const args = [
    ...jestCommand,
    '--selectProjects',
    ...projects,
    '--maxWorkers=1',
    '--json',
    `--outputFile=${report}`,
    '--testNamePattern',
    tests.map(({ name }) => `${quoted(name)}$`).join('|'),
    '--runTestsByPath',
    ...new Set(tests.map(({ file }) => join(folder, file))),
  ];
  await runJest(folder, args, signal);
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report;
  return tests.map(({ file, name }) => {
    const results = testResults.find((each) => each.name.endsWith(`/${file}`))?.assertionResults ?? [];
    const status = results.find(({ title }) => title === name)?.status;
    return status === 'passed' || status === 'failed' ? status : 'missing';
  });
}

/** Runs Jest. Ignores its exit code, because the report has the outcomes. SIGTERM lets it stop its servers. */
async function runJest(cwd: string, args: string[], signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'ignore'] });
  const end = () => void child.kill('SIGTERM');
  const late = setTimeout(end, withinMs);
  signal.addEventListener('abort', end);
  await once(child, 'exit');
  clearTimeout(late);
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
}

const quoted = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

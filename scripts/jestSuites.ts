import { readFileSync } from 'node:fs';

/** One run of Jest: its name in the output, and its arguments. */
export type Suite = { name: string; args: string[] };

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  scripts: { jest: string };
};

/** The arguments with which Node runs Jest, as `npm run jest` does. */
export const jestCommand: readonly string[] = scripts.jest.split(' ').slice(1);

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

/** The log and the fences on a real Postgres, and one turn of each kind through the whole service. */
const quickServed = 'test/(integration/turns/(claims|drafts|effectsOnce)|e2e/smoke/)';

const quick = [
  suite('unit and replay', ['unit', 'replay'], '--maxWorkers=2'),
  suite('with servers', ['integration', 'e2e'], '--maxWorkers=2', '--testPathPatterns', quickServed),
];

/** What `npm test` runs with these arguments: `--quick`, arguments for Jest, or none. */
export function suitesFor(args: string[]): Suite[] {
  if (args[0] === '--quick') return quick;
  return args.length > 0 ? [suite('selected', ['unit', ...served], '--maxWorkers=1', ...args)] : everything;
}

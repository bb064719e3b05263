import { join } from 'node:path';

/** How Node runs a script of the project: as it was bundled for the run of tests, without a compiler of its own. */
export function scriptArgs(script: string, ...args: string[]): string[] {
  const { TEST_BUNDLES } = process.env;
  const bundled = TEST_BUNDLES ? [join(TEST_BUNDLES, script.replace(/\.ts$/, '.js'))] : ['--import', 'tsx', script];
  return [...bundled, ...args];
}

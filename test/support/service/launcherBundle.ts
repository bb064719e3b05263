import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { atTheirPlaces } from '../jest/bundleTests.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Bundles the launcher into `folder`, whose `node_modules` must lead to the installed packages, and gives the file. Tests
 * start it some hundred times: the bundle needs a third of the processor time of its sources. It runs as if its modules
 * were at their places.
 */
export async function bundleLauncher(folder: string): Promise<string> {
  const outfile = join(folder, 'launcher.mjs');
  await build({
    entryPoints: [join(root, 'scripts/start/main.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    plugins: [atTheirPlaces],
    logLevel: 'warning',
  });
  return outfile;
}

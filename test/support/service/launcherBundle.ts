import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

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

/** `import.meta.url` stays that of each source. */
const atTheirPlaces: Plugin = {
  name: 'modules at their places',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    })),
};

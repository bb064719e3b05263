import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { rooms } from '../../../scripts/rooms.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export const testFolders = {
  withServers: ['test/integration', 'test/e2e', 'test/page'],
  withoutServers: [...rooms, 'client', 'test/unit', 'test/replay'],
};

/** Scripts that tests with servers start as processes: `scriptArgs.ts`. */
export const testScripts = [
  'scripts/conformance/main.ts',
  'scripts/owner.ts',
  'scripts/rebuild.ts',
  'scripts/reconcile.ts',
  'test/support/service/endTurnAndDie.ts',
];

/**
 * Bundles all tests of these folders, and scripts, into `folder`, beside which `node_modules` must lead to the installed
 * packages: a file each at its path, and chunks of what they share. `runBundled.js` runs the tests.
 */
export async function bundleTests(folder: string, tests: string[], scripts: string[] = []): Promise<void> {
  await build({
    entryPoints: [...tests.flatMap(testsIn), ...scripts.map((script) => join(root, script))],
    outdir: folder,
    outbase: root,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[hash]',
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    plugins: [jestGlobals, atTheirPlaces],
    logLevel: 'warning',
  });
}

const testsIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(root, folder, name));

const jestGlobals: Plugin = {
  name: 'globals of Jest',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^@jest\/globals$/ }, () => ({ path: join(root, 'test/support/jest/globals.ts') })),
};

/** `import.meta.url` stays that of each source. */
export const atTheirPlaces: Plugin = {
  name: 'modules at their places',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    })),
};

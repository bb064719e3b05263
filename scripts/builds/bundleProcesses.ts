import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * `bundleProcesses.ts FOLDER` writes the api and the worker as one file each, `FOLDER/api.mjs` and `FOLDER/worker.mjs`.
 * They start in half the time of their sources, which shortens the restart of a process that died. Packages are not
 * bundled: the folder links to the installed ones.
 */
const to = resolve(process.argv[2] ?? 'dist/processes');
const root = fileURLToPath(new URL('../../', import.meta.url));

await rm(to, { recursive: true, force: true });
await mkdir(to, { recursive: true });
await symlink(join(root, 'node_modules'), join(to, 'node_modules'), 'dir');
await build({
  entryPoints: { api: join(root, 'api/main.ts'), worker: join(root, 'worker/main.ts') },
  outdir: to,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // Modules that are loaded on demand, such as tracing, get files of their own.
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});

// The launcher copies the bundle to another folder, so source maps need absolute paths.
for (const name of await readdir(to)) {
  if (!name.endsWith('.map')) continue;
  const file = join(to, name);
  const map = JSON.parse(await readFile(file, 'utf8')) as { sources: string[] };
  const sources = map.sources.map((source) => pathToFileURL(resolve(to, source)).href);
  await writeFile(file, JSON.stringify({ ...map, sources }));
}

import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const bound = { timeout: 60_000 };

/** Builds the client package into `folder`, as `npm run client:build` does into `client`. */
export async function buildClient(folder: string): Promise<void> {
  for (const file of ['package.json', 'README.md']) await cp(join('client', file), join(folder, file));
  const compiler = 'node_modules/typescript/bin/tsc';
  const flags = ['-p', 'client', '--noEmit', 'false', '--outDir', join(folder, 'dist')];
  await run(process.execPath, [compiler, ...flags], bound);
}

/** Packs the client package with `npm pack` into `folder`. Returns the tarball's path. */
export async function packClient(folder: string): Promise<string> {
  const source = join(folder, 'source');
  await buildClient(source);
  await run('npm', ['pack', '--pack-destination', folder], { ...bound, cwd: source });
  const { name, version } = JSON.parse(await readFile('client/package.json', 'utf8')) as Record<string, string>;
  return join(folder, `${name}-${version}.tgz`);
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * `toolServer.ts` as JavaScript in the folder; gives the file. Each worker starts one process for each of its servers,
 * and a process that has to compile first takes ten times as long.
 */
export async function buildToolServer(folder: string): Promise<string> {
  const outfile = join(folder, 'toolServer.mjs');
  const entry = fileURLToPath(new URL('./toolServer.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, format: 'esm', target: 'node20', logLevel: 'warning' });
  return outfile;
}

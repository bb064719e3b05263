import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { bundledPackages, outsideBundles } from './bundledPackages.js';
import { onlyOwnSources, type SourceMapFile } from './ownSources.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The script of a process. Started with only the settings of `endsWith` it must end as soon as it has loaded. */
export type Start = { name: string; main: string; endsWith?: Record<string, string> };

/**
 * Bundles each process into one file of the folder, with the packages that it uses, and writes beside it its code as V8
 * has compiled it; it is started as `FOLDER/NAME.mjs`. What can't be bundled, such as native code, is found through a
 * link to the installed packages. Plugins come before those of the packages.
 */
export async function bundleStarts(to: string, starts: Start[], plugins: Plugin[] = []): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await symlink(join(root, 'node_modules'), join(to, 'node_modules'), 'dir');
  await writeBundles(to, starts, plugins);
  for (const name of await readdir(to)) {
    const file = join(to, name);
    if (name.endsWith('.map')) await writeFile(file, withOwnSources(to, await readFile(file, 'utf8')));
    else if (name.endsWith('.bundle.cjs')) await writeFile(file, inAscii(await readFile(file, 'utf8')));
  }
  await copyFile(join(root, 'scripts/builds/loadBundle.cjs'), join(to, 'loadBundle.cjs'));
  for (const { name } of starts) {
    await writeFile(join(to, `${name}.mjs`), `import load from './loadBundle.cjs';\nload('${name}');\n`);
  }
  await Promise.all(starts.map((start) => keepCompiledCode(to, start)));
}

const writeBundles = (to: string, starts: Start[], plugins: Plugin[]) =>
  build({
    entryPoints: Object.fromEntries(starts.map(({ name, main }) => [name, main])),
    outdir: to,
    outExtension: { '.js': '.bundle.cjs' },
    bundle: true,
    external: outsideBundles,
    plugins: [...plugins, bundledPackages],
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    charset: 'ascii',
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    define: { 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'warning',
  });

/** The launcher copies the bundles to another folder, so source maps need absolute paths. */
function withOwnSources(to: string, text: string): string {
  const map = JSON.parse(text) as SourceMapFile;
  const sources = map.sources.map((source) => pathToFileURL(resolve(to, source)).href);
  return JSON.stringify(onlyOwnSources({ ...map, sources }, (source) => !source.includes('/node_modules/')));
}

/** Escapes what esbuild does not: characters in regular expressions. The loader reads a byte as a character. */
function inAscii(code: string): string {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Runs the bundle once for its compiled code. Without settings a process ends as soon as it has loaded, and the code for
 * that is what a start needs first.
 */
async function keepCompiledCode(to: string, { name, endsWith = {} }: Start): Promise<void> {
  const child = spawn(process.execPath, [join(to, 'loadBundle.cjs'), name], { env: endsWith, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), 100_000);
  await once(child, 'exit');
  clearTimeout(timer);
}

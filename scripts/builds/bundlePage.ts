import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * `bundlePage.ts FOLDER` writes the viewer page as the api serves it: one script, one style sheet, and in `chunks` the
 * scripts that the page loads when it needs them.
 */
const to = resolve(process.argv[2] ?? 'dist/page');
const from = fileURLToPath(new URL('../../web/', import.meta.url));

await mkdir(to, { recursive: true });
await rm(join(to, 'chunks'), { recursive: true, force: true });
await build({
  entryPoints: { page: join(from, 'main.tsx') },
  outdir: to,
  bundle: true,
  minify: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  alias: {
    'linkify-it': join(from, 'markdown/noLinkify.ts'),
    entities: join(from, 'markdown/fewEntities.ts'),
    'punycode.js': join(from, 'markdown/hostNames.ts'),
  },
  legalComments: 'none',
  logLevel: 'warning',
});
await build({
  entryPoints: { page: join(from, 'page.css') },
  outdir: to,
  bundle: true,
  minify: true,
  target: ['chrome123', 'firefox120', 'safari17.5'],
  logLevel: 'warning',
});
for (const file of ['index.html', 'icon.svg', 'docs.html', 'docs.js']) await copyFile(join(from, file), join(to, file));
const sizes = await Promise.all(
  ['page.js', 'page.css'].map(async (file) => gzipSync(await readFile(join(to, file))).length),
);
console.log(`${to}: ${Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1_000)} KB, compressed`);

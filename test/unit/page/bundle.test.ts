import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

let folder = '';
const read = (file: string) => readFile(join(folder, file), 'utf8');

/** The scripts that the page begins with: its own, and the chunks that it shares with those that are loaded on demand. */
async function firstScripts(): Promise<string[]> {
  const page = await read('page.js');
  const shared = [...page.matchAll(/\bfrom"\.\/(chunks\/[^"]*)"/g)].map(([, file = '']) => file);
  return [page, ...(await Promise.all(shared.map(read)))];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/builds/bundlePage.ts', folder]);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the bundled page', () => {
  test('has less than 90 KB of script over the wire, but for what is loaded on demand', async () => {
    const sizes = (await firstScripts()).map((script) => gzipSync(script));
    expect(sizes.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(90_000);
  });

  test('loads nothing from other origins and has no inline script or style', async () => {
    const html = await read('index.html');
    const loaded = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(loaded).toEqual(['/icon.svg', '/page.css', '/page.js']);
    expect(html).not.toMatch(/<style|<script(?![^>]*src=)| on\w+=| style=/);
    expect(await read('page.css')).not.toMatch(/url\(|@import/);
    const chunks = (await readdir(join(folder, 'chunks'))).map((file) => `chunks/${file}`);
    for (const file of ['page.js', ...chunks]) expect(await read(file)).not.toMatch(/new Function|\beval\(/);
    for (const [, address] of (await read('page.js')).matchAll(/\bimport\("([^"]*)"\)/g)) {
      expect(chunks.map((chunk) => `./${chunk}`)).toContain(address);
    }
    expect(await read('page.js')).not.toMatch(/\bimport\([^"]/);
  });

  test('leaves formulas, colours of code, rare dialogs, German and words for errors to scripts that are loaded on demand', async () => {
    const page = (await firstScripts()).join('\n');
    const onDemand = [...page.matchAll(/\bimport\("\.\/(?:chunks\/)?([^"]*)-[^-"]*\.js"\)/g)].map(([, name]) => name);
    expect(onDemand.sort()).toEqual(['de', 'errors', 'highlighter', 'mathTree', 'rareDialogs']);
    expect(page).not.toContain('mathvariant');
  });
});

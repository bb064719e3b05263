import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildPage, buildProcesses } from '../../../scripts/builds/builds.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-turns-builds-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
/** The files of a folder and of those in it, as paths in it. */
const filesIn = async (path: string): Promise<string[]> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(path, join(entry.parentPath, entry.name))).sort();
};
const building = () => ({ cacheDir: at('cache'), signal: new AbortController().signal });
/** With it nothing can be built: no command is run. */
const onlyKept = () => ({ cacheDir: at('cache'), signal: AbortSignal.abort(new Error('a build was begun')) });

describe('a build of the launcher', () => {
  it('is reused from an earlier start of the same sources', async () => {
    await buildPage(at('first'), building());
    await buildPage(at('second'), onlyKept());
    const names = await filesIn(at('first'));
    expect(names).toContain('page.js');
    expect(await filesIn(at('second'))).toEqual(names);
    for (const name of names)
      expect(await readFile(join(at('second'), name))).toEqual(await readFile(join(at('first'), name)));
  }, 120_000);

  it('is made where there is no earlier one', async () => {
    await expect(buildPage(at('first'), onlyKept())).rejects.toThrow('a build was begun');
  });

  it('keeps compiled code, and shows its sources in stack traces wherever it was copied to', async () => {
    await buildProcesses(at('first'), building());
    await buildProcesses(at('second'), onlyKept());
    const map = JSON.parse(await readFile(join(at('second'), 'api.bundle.cjs.map'), 'utf8')) as { sources: string[] };
    const sources = map.sources.map((source) => fileURLToPath(source));
    expect(sources.some((source) => source.endsWith('/api/main.ts'))).toBe(true);
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
    expect(await readdir(at('second'))).toEqual(
      expect.arrayContaining(['api', 'worker'].map((name) => `${name}.bundle.cjs.compiled`)),
    );
    expect(await firstLine(join(at('second'), 'worker.mjs'))).toMatch(/\(file:\/\/\S+\/worker\/main\.ts:\d+:\d+\)/);
  }, 240_000);
});

/** What a worker logs first that reaches no server: nothing listens on port 9. */
async function firstLine(script: string): Promise<string | undefined> {
  const env = { DATABASE_URL: 'postgres://127.0.0.1:9/none', TEMPORAL_ADDRESS: '127.0.0.1:9' };
  const worker = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 });
  try {
    for await (const line of createInterface(worker.stdout)) return line;
  } finally {
    worker.kill('SIGKILL');
  }
  return undefined;
}

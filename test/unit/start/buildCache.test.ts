import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildOnce, hashFiles } from '../../../scripts/builds/buildCache.js';

let folder: string;
let made: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-turns-builds-'));
  made = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const key = (inputs: string, cacheDir = at('cache')) => ({ cacheDir, name: 'page', inputs });
/** Builds one file, and a link as the processes' folder has one. */
const make = (text: string) => async (to: string) => {
  made.push(text);
  await writeFile(join(to, 'page.js'), text);
  await symlink(folder, join(to, 'link'));
};
const fileOf = (name: string) => readFile(join(at(name), 'page.js'), 'utf8');

describe('a cached build', () => {
  it('is made once and copied for later starts', async () => {
    await buildOnce(at('a'), key('1'), make('one'));
    await buildOnce(at('b'), key('1'), make('never'));
    expect(made).toEqual(['one']);
    expect([await fileOf('a'), await fileOf('b')]).toEqual(['one', 'one']);
    expect(await readdir(at('b'))).toEqual(['link', 'page.js']);
  });

  it('is made again when its inputs have changed, and replaces the old one', async () => {
    await buildOnce(at('a'), key('1'), make('one'));
    await writeFile(join(at('a'), 'old.js'), '');
    await buildOnce(at('a'), key('2'), make('two'));
    expect([await fileOf('a'), await readdir(at('a'))]).toEqual(['two', ['link', 'page.js']]);
    await buildOnce(at('a'), key('1'), make('never'));
    expect([await fileOf('a'), made]).toEqual(['one', ['one', 'two']]);
  });

  it('is made without a cache when the cache cannot be written', async () => {
    await writeFile(at('file'), '');
    for (const place of ['a', 'b']) await buildOnce(at(place), key('1', at('file')), make(place));
    expect([await fileOf('a'), await fileOf('b')]).toEqual(['a', 'b']);
  });

  it('is not kept when it fails, and the error is thrown', async () => {
    const failing = async (to: string) => {
      await writeFile(join(to, 'page.js'), 'half');
      throw new Error('it does not compile');
    };
    await expect(buildOnce(at('a'), key('1'), failing)).rejects.toThrow('it does not compile');
    await buildOnce(at('a'), key('1'), make('whole'));
    expect(await fileOf('a')).toBe('whole');
  });

  it('is whole when several starts make it at once', async () => {
    const places = ['a', 'b', 'c', 'd'];
    await Promise.all(places.map((place) => buildOnce(at(place), key('1'), make('one'))));
    for (const place of places) expect(await fileOf(place)).toBe('one');
    expect(await readdir(join(at('cache'), 'builds'))).toEqual(['page-1']);
  });

  it('is deleted when 24 others were used after it', async () => {
    for (let n = 0; n < 24; n++) {
      await buildOnce(at('a'), key(`${n}`), make(`${n}`));
      await utimes(join(at('cache'), 'builds', `page-${n}`), n, n);
    }
    await buildOnce(at('a'), key('0'), make('never'));
    await buildOnce(at('a'), key('24'), make('24'));
    const kept = await readdir(join(at('cache'), 'builds'));
    expect(kept).toHaveLength(24);
    expect([kept.includes('page-0'), kept.includes('page-1'), kept.includes('page-2')]).toEqual([true, false, true]);
  });
});

describe('the hash of the inputs of a build', () => {
  const hash = () => hashFiles(folder, ['src', 'package.json', 'not-there.json'], 'v20');
  beforeEach(async () => {
    await mkdir(at('src/inner'), { recursive: true });
    await writeFile(at('src/inner/a.ts'), 'a');
    await writeFile(at('package.json'), '{}');
  });

  it('is the same for the same files', async () => {
    expect(await hash()).toBe(await hash());
  });

  it('changes with a file, its name, a new file and further inputs, but not with a test', async () => {
    const hashes = [await hash(), await hashFiles(folder, ['src', 'package.json', 'not-there.json'], 'v22')];
    await writeFile(at('src/inner/a.ts'), 'b');
    hashes.push(await hash());
    await writeFile(at('src/inner/b.ts'), '');
    hashes.push(await hash());
    await rm(at('src/inner/b.ts'));
    await writeFile(at('src/inner/c.ts'), '');
    hashes.push(await hash());
    await writeFile(at('not-there.json'), '');
    hashes.push(await hash());
    expect(new Set(hashes).size).toBe(hashes.length);
    await writeFile(at('src/inner/a.test.ts'), 'x');
    expect(await hash()).toBe(hashes.at(-1));
  });
});

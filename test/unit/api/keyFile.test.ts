import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openKeyFile, parseKeyFile } from '../../../api/auth/keyFile.js';
import { readTokenSecret } from '../../../api/auth/tokenSecret.js';
import { ConfigError } from '../../../config.js';
import { until } from '../../support/until.js';

const lineOf = (key: string, rest = '') => `sha256:${createHash('sha256').update(key).digest('hex')}${rest}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the text of a key file', () => {
  it('has an owner, a level and +stop for each key, or their defaults', () => {
    const text = [
      '\uFEFF# keys of the team',
      '',
      lineOf('a'),
      `  ${lineOf('b', ':ann')}   # the page`,
      lineOf('c', ':ann@example.com:1+stop')
        .replace('sha256:', 'sha256:')
        .toUpperCase()
        .replace(/SHA256|:ANN@EXAMPLE.COM|\+STOP/g, (s) => s.toLowerCase()),
      `${lineOf('d', ':ben+stop')}\r`,
    ].join('\n');
    expect(parseKeyFile(text).map(({ hash: _, ...key }) => key)).toEqual([
      { owner: 'local', level: 3, stopsOnClose: false },
      { owner: 'ann', level: 3, stopsOnClose: false },
      { owner: 'ann@example.com', level: 1, stopsOnClose: true },
      { owner: 'ben', level: 3, stopsOnClose: true },
    ]);
  });

  it.each([
    'a-plain-key:ann',
    'sha256:abc:ann',
    lineOf('a', ':'),
    lineOf('a', ':ann:4'),
    lineOf('a', ':ann:1:2'),
    lineOf('a', ':a b'),
    lineOf('a', '+stop+stop'),
    'md5:0123',
  ])('with a wrong line is refused by the number of the line, without its text: %s', (line) => {
    const read = () => parseKeyFile(`# one\n${line}`);
    expect(read).toThrow('wrong: 2');
    try {
      read();
    } catch (error) {
      expect(String(error)).not.toContain(line);
    }
  });

  it('with the same key twice is refused', () => {
    expect(() => parseKeyFile(`${lineOf('a', ':ann')}\n${lineOf('a', ':ben')}`)).toThrow('twice');
  });
});

describe('a key file', () => {
  it('that is missing or wrong is a ConfigError at the start', async () => {
    const log = { info: () => undefined, error: () => undefined };
    expect(() => openKeyFile(join(folder, 'missing'), log)).toThrow(ConfigError);
    await writeFile(join(folder, 'wrong'), 'x');
    expect(() => openKeyFile(join(folder, 'wrong'), log)).toThrow('API_KEYS_FILE');
  });

  it('is read again when it changes or is replaced; with wrong lines or without the file the former keys stay', async () => {
    const path = join(folder, 'keys');
    await writeFile(path, lineOf('a', ':ann'));
    const lines: string[] = [];
    const note = (_fields: object, message: string) => void lines.push(message);
    const file = openKeyFile(path, { info: note, error: note } as Parameters<typeof openKeyFile>[1]);
    let changes = 0;
    file.onChange(() => {
      changes += 1;
    });
    const owners = () => file.keys().map(({ owner }) => owner);
    try {
      await writeFile(path, `${lineOf('a', ':ann')}\n${lineOf('b', ':ben')}`);
      await until('the second key', async () => owners().length === 2 || null);
      await writeFile(path, `${lineOf('a', ':ann')}\nnonsense`);
      await until('an error', async () => lines.some((line) => line.includes('the former keys stay')) || null);
      expect(owners()).toEqual(['ann', 'ben']);
      await rm(path);
      await until('another error', async () => lines.filter((line) => line.includes('former')).length === 2 || null);
      expect(owners()).toEqual(['ann', 'ben']);
      await writeFile(`${path}.next`, lineOf('b', ':ben'));
      await rename(`${path}.next`, path);
      await until('the replaced file', async () => owners().length === 1 || null);
      expect([owners(), changes]).toEqual([['ben'], 2]);
    } finally {
      file.close();
    }
  });

  it('is read again when its new content has the same size and the same time of change as the former one', async () => {
    const path = join(folder, 'copied');
    await writeFile(path, lineOf('a', ':ann'));
    const { atime, mtime } = await stat(path);
    const file = openKeyFile(path, { info: () => undefined, error: () => undefined });
    try {
      await writeFile(path, lineOf('b', ':ben'));
      await utimes(path, atime, mtime);
      await until('the other key', async () => file.keys()[0]?.owner === 'ben' || null);
    } finally {
      file.close();
    }
  });

  it('that can not be read is reported once, tried again, and read as soon as that is possible', async () => {
    const path = join(folder, 'unreadable');
    await writeFile(path, lineOf('a', ':ann'));
    const errors: string[] = [];
    const note = (_fields: object, message: string) => void errors.push(message);
    const file = openKeyFile(path, { info: note, error: note } as Parameters<typeof openKeyFile>[1]);
    try {
      await rm(path);
      await mkdir(path);
      await until('an error', async () => errors.length > 0 || null);
      await rmdir(path);
      await writeFile(path, lineOf('b', ':ben'));
      await until('the other key', async () => file.keys()[0]?.owner === 'ben' || null);
      expect(errors.filter((line) => line.includes('the former keys stay')).length).toBeLessThanOrEqual(3);
    } finally {
      file.close();
    }
  });
});

describe('the secret of tokens', () => {
  const log = { warn: () => undefined };

  it('is made once, also by two processes that start together, and only its user can read it', async () => {
    const dataDir = join(folder, 'data', 'deep');
    const made = await Promise.all(Array.from({ length: 8 }, () => readTokenSecret(undefined, dataDir, log)));
    expect(new Set(made).size).toBe(1);
    expect(made[0]).toMatch(/^[\w-]{43}$/);
    expect((await stat(join(dataDir, 'token-secret'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(['token-secret']);
    expect(await readTokenSecret(undefined, dataDir, log)).toBe(made[0]);
    expect(await readFile(join(dataDir, 'token-secret'), 'utf8')).toBe(made[0]);
  });

  it('is TOKEN_SECRET if that is set, and lasts as long as the process where nothing can be written', async () => {
    expect(await readTokenSecret('given', join(folder, 'none'), log)).toBe('given');
    await writeFile(join(folder, 'a-file'), '');
    const warned: string[] = [];
    const warn = (_fields: object, message: string) => void warned.push(message);
    const secret = await readTokenSecret(undefined, join(folder, 'a-file'), { warn } as typeof log);
    expect([secret.length, warned.length]).toEqual([43, 1]);
  });
});

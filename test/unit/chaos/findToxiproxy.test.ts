import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findToxiproxy } from '../../../scripts/chaos/infrastructure/findToxiproxy.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-toxiproxy-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(path: string, script: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const cached = () => join(folder, 'cache', 'toxiproxy-v2.5.0', 'toxiproxy-server');
const find = (...path: string[]) =>
  findToxiproxy({
    cacheDir: join(folder, 'cache'),
    path: [...path, '/usr/bin', '/bin'].join(delimiter),
    say: () => undefined,
    signal: new AbortController().signal,
  });

describe('Toxiproxy', () => {
  test('is the server on the PATH, before one that was built', async () => {
    const onPath = await program(join(folder, 'bin', 'toxiproxy-server'), 'exit 0');
    await program(cached(), 'exit 0');
    expect(await find(dirname(onPath))).toBe(onPath);
  });

  test('is else built by go install, once', async () => {
    const build = 'if [ "$1" = install ]; then printf "#!/bin/sh\\n" > "$GOBIN/server"; chmod +x "$GOBIN/server"; fi';
    const go = await program(join(folder, 'bin', 'go'), build);
    expect(await find(dirname(go))).toBe(cached());
    expect(await find()).toBe(cached());
  });

  test('that can not be had ends in words that say what to install', async () => {
    const go = await program(join(folder, 'bin', 'go'), '[ "$1" = version ] || { echo "no such host" >&2; exit 1; }');
    await expect(find(dirname(go))).rejects.toThrow(/could not be built: no such host.*`toxiproxy-server` on the PATH/);
  });
});

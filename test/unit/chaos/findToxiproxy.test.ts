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

describe('the search for Toxiproxy', () => {
  test('prefers the server on the PATH to one that was built', async () => {
    const onPath = await program(join(folder, 'bin', 'toxiproxy-server'), 'exit 0');
    await program(cached(), 'exit 0');
    expect(await find(dirname(onPath))).toBe(onPath);
  });

  test('else builds it once with go install', async () => {
    const build = 'if [ "$1" = install ]; then printf "#!/bin/sh\\n" > "$GOBIN/server"; chmod +x "$GOBIN/server"; fi';
    const go = await program(join(folder, 'bin', 'go'), build);
    expect(await find(dirname(go))).toBe(cached());
    expect(await find()).toBe(cached());
  });

  test('fails with a message that says what to install', async () => {
    const go = await program(join(folder, 'bin', 'go'), '[ "$1" = version ] || { echo "no such host" >&2; exit 1; }');
    await expect(find(dirname(go))).rejects.toThrow(/could not be built: no such host.*`toxiproxy-server` on the PATH/);
  });
});

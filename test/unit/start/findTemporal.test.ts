import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findTemporal } from '../../../scripts/temporal/findTemporal.js';

let folder: string;
let cacheDir: string;
const proxy = process.env.HTTPS_PROXY;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-temporal-'));
  cacheDir = join(folder, 'cache');
  // No network for the SDK's download.
  process.env.HTTPS_PROXY = 'http://127.0.0.1:9';
});

afterEach(async () => {
  if (proxy === undefined) delete process.env.HTTPS_PROXY;
  else process.env.HTTPS_PROXY = proxy;
  await rm(folder, { recursive: true });
});

async function program(path: string, script: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const said: string[] = [];
const find = (path: string[] = []) =>
  findTemporal({
    cacheDir,
    path: [...path, '/usr/bin', '/bin'].join(delimiter),
    say: (line) => said.push(line),
    signal: new AbortController().signal,
  });

describe('the search for Temporal', () => {
  it('prefers the command on the PATH to one that was installed', async () => {
    const onPath = await program(join(folder, 'bin', 'temporal'), 'echo temporal version 1.5.1');
    await program(join(cacheDir, 'temporal-v1.5.1', 'temporal'), 'exit 0');
    expect((await find([dirname(onPath)])).path).toBe(onPath);
  });

  it('else takes the one that was installed before', async () => {
    const cached = await program(join(cacheDir, 'temporal-v1.5.1', 'temporal'), 'exit 0');
    expect((await find()).path).toBe(cached);
  });

  it('else builds it once with go install, and leaves no partial build', async () => {
    const build =
      'if [ "$1" = install ]; then printf "#!/bin/sh\\n" > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"; fi';
    const go = await program(join(folder, 'bin', 'go'), build);
    const built = join(cacheDir, 'temporal-v1.5.1', 'temporal');
    expect(await find([dirname(go)])).toEqual({ path: built, from: '`go install`' });
    expect(await readdir(cacheDir)).toEqual(['temporal-v1.5.1']);
    expect(said.join('\n')).toContain('which takes a few minutes');
    expect((await find()).path).toBe(built);
  }, 60_000);

  it('fails with a message about what was tried and what to do', async () => {
    const go = await program(join(folder, 'bin', 'go'), '[ "$1" = version ] || { echo "no such host" >&2; exit 1; }');
    const refusal = await find([dirname(go)]).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(refusal).toContain('`temporal` on the PATH: not found');
    expect(refusal).toContain('`go install`: no such host');
    expect(refusal).toContain('set TEMPORAL_ADDRESS=host:port');
    expect(refusal).toContain('install Go');
    expect(await readdir(cacheDir)).toEqual([]);
  }, 60_000);
});

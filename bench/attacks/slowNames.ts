import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../scripts/processes/runCommand.js';

/** Makes names that end in `.slow.example` slow to resolve for processes that are started with `env`. */
export type SlowNames = { env: Record<string, string>; close(): Promise<void> };

const source = fileURLToPath(new URL('slowLookup.c', import.meta.url));

/** Builds the library that is preloaded, and starts a name server that never answers. Needs Linux and a C compiler. */
export async function startSlowNames(): Promise<SlowNames> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-attacks-'));
  const [library, resolvConf] = [join(folder, 'slowLookup.so'), join(folder, 'resolv.conf')];
  const args = ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'];
  await runCommand({ file: 'cc', args }, { signal: AbortSignal.timeout(60_000) });
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  await writeFile(resolvConf, `nameserver 127.0.0.1:${silent.address().port}\n`);
  return {
    env: { LD_PRELOAD: library, SLOW_RESOLV_CONF: resolvConf },
    async close() {
      silent.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

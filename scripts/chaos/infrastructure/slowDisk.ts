import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../processes/runCommand.js';
import { messageOf } from '../../start/failure.js';

/** Delays each fsync of a process that was started with `env`. */
export type SlowDisk = {
  env: Record<string, string>;
  slow(ms: number): Promise<void>;
  normal(): Promise<void>;
  /** How many calls were delayed so far. */
  hits(): Promise<number>;
};

const source = fileURLToPath(new URL('./slowFsync.c', import.meta.url));

/**
 * Builds the library that is preloaded into Postgres, or gives the reason why it can't: no Linux, or no C compiler. Any
 * user can enter the folder, because Postgres may run as another user.
 */
export async function buildSlowDisk(folder: string, signal: AbortSignal): Promise<SlowDisk | { missing: string }> {
  if (process.platform !== 'linux') return { missing: 'a slow fsync needs LD_PRELOAD, which only Linux has' };
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const library = join(folder, 'slowFsync.so');
  const file = join(folder, 'slow');
  const hits = `${file}.hits`;
  try {
    const args = ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'];
    await runCommand({ file: 'cc', args }, { signal, withinMs: 60_000 });
  } catch (error) {
    signal.throwIfAborted();
    return { missing: `a slow fsync needs a C compiler (cc): ${messageOf(error)}` };
  }
  await writeFile(hits, '');
  await chmod(hits, 0o666);
  return {
    env: { LD_PRELOAD: library, SLOW_FSYNC_FILE: file },
    async slow(ms) {
      await writeFile(`${file}.new`, String(ms));
      await rename(`${file}.new`, file);
    },
    normal: () => rm(file, { force: true }),
    hits: async () => (await stat(hits)).size,
  };
}

/** Checks in the process's memory map that the library is loaded: the dynamic linker ignores one that it can't open. */
export async function ifLoaded(
  disk: SlowDisk | { missing: string },
  pid: number,
): Promise<SlowDisk | { missing: string }> {
  if ('missing' in disk) return disk;
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch(() => '');
  return maps.includes('slowFsync.so') ? disk : { missing: 'Postgres did not load the library that slows fsync down' };
}

import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endRecorded, identityOf } from '../processes/processes.js';

/**
 * Stops a server of an earlier start that still runs on these data, by its pid in `postmaster.pid`: a new one could not
 * start beside it. Postgres itself handles a file whose process is gone. If the pid now belongs to another process or a
 * zombie, the file is removed, because Postgres would take that process for a server.
 */
export async function stopOrphanedPostgres(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!(pid > 0)) return;
  const identity = await identityOf(pid);
  if (identity && (await serves(pid, identity, folder))) {
    await endRecorded({ name: 'postgres', pid, identity, signal: 'SIGINT', graceMs: 10_000 });
  }
  await untilOrphansEnded(folder, 10_000);
  if (exists(pid)) await rm(file, { force: true });
}

async function serves(pid: number, identity: string, folder: string): Promise<boolean> {
  if (!identity.includes('postgres')) return false;
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  return cwd === null ? identity.includes(folder) : cwd === (await realpath(folder));
}

/** Also true for a zombie, which remains where nothing reaps orphans: in a container without an init. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The children of a killed server end by themselves shortly after it; until then the data are in use. */
async function untilOrphansEnded(folder: string, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs;
  while ((await isUsed(await realpath(folder))) && Date.now() < end) await delay(50);
}

async function isUsed(folder: string): Promise<boolean> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => null)));
  return folders.includes(folder);
}

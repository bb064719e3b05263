import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endRecorded, identityOf } from '../processes/processes.js';

/**
 * The data's own record of a server that runs on them (postmaster.pid): one of an earlier start is ended, since
 * ours could not start beside it. A record whose pid is nobody's is left to Postgres, which sees to it itself;
 * one whose pid is somebody else's, or a zombie's, is removed, because Postgres would take that for a server.
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
  if (answersSignals(pid)) await rm(file, { force: true });
}

async function serves(pid: number, identity: string, folder: string): Promise<boolean> {
  if (!identity.includes('postgres')) return false;
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  return cwd === null ? identity.includes(folder) : cwd === (await realpath(folder));
}

/** True of a zombie as well: where nothing reaps orphans (a container without an init), it stays one. */
function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** A killed server's own children end by themselves, a moment later; until then the data are still in use. */
async function untilOrphansEnded(folder: string, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs;
  while ((await worksIn(await realpath(folder))) && Date.now() < end) await delay(50);
}

async function worksIn(folder: string): Promise<boolean> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => null)));
  return folders.includes(folder);
}

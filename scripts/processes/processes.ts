import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A process that was started by a launcher, and how it is to be ended. */
export type ProcessRecord = {
  name: string;
  pid: number;
  /** Its start time and command line: a pid alone may meanwhile be somebody else's. */
  identity: string;
  signal: NodeJS.Signals;
  graceMs: number;
  /** One that drains gets its signal a second time after so long. */
  drainMs?: number;
};

/** What tells a process from a later one with the same pid; null when it is gone (a zombie is gone). */
export async function identityOf(pid: number): Promise<string | null> {
  try {
    const [stat, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // Fields are counted from behind the command's name, which may hold spaces; the start time is field 22.
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return commandLine === '' ? null : `${startTime} ${commandLine.replaceAll('\0', ' ').trim()}`;
  } catch {
    return process.platform === 'linux' ? null : identityByPs(pid);
  }
}

async function identityByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=,command=', '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** Sends a signal to a process, or to its whole group; a process that is gone already is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends a process that is no child of ours, if it is still the one that was recorded. */
export async function endRecorded(record: ProcessRecord): Promise<'ended' | 'gone'> {
  const isThere = async () => (await identityOf(record.pid)) === record.identity;
  if (!(await isThere())) return 'gone';
  sendSignal(record.pid, record.signal);
  sendSignal(record.pid, 'SIGCONT');
  if (record.drainMs !== undefined) {
    if (await isGone(isThere, record.drainMs)) return 'ended';
    sendSignal(record.pid, record.signal);
  }
  if (await isGone(isThere, record.graceMs)) return 'ended';
  sendSignal(record.pid, 'SIGKILL');
  await isGone(isThere, 3_000);
  return 'ended';
}

async function isGone(isThere: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (await isThere()) {
    if (Date.now() > end) return false;
    await delay(50);
  }
  return true;
}

/**
 * Whether a process itself listens on a port: another server may have taken it a moment before, and would answer
 * in its place. Null where the system can't tell.
 */
export async function listensOn(pid: number, port: number): Promise<boolean | null> {
  try {
    const tables = await Promise.all(['tcp', 'tcp6'].map((t) => readFile(`/proc/net/${t}`, 'utf8').catch(() => '')));
    const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)));
    const descriptors = await readdir(`/proc/${pid}/fd`);
    const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    return targets.some((target) => inodes.has(target));
  } catch {
    return null;
  }
}

const LISTEN = '0A';

function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === LISTEN)
    .map((fields) => `socket:[${fields[9]}]`);
}

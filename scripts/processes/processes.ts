import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A process that a launcher started, and how to stop it. */
export type ProcessRecord = {
  name: string;
  pid: number;
  /** Start time and command line: another process may reuse the pid. */
  identity: string;
  signal: NodeJS.Signals;
  graceMs: number;
  /** A process that drains gets its signal again after this time. */
  drainMs?: number;
};

/** Distinguishes a process from a later one with the same pid. Null when it has ended, also for a zombie. */
export async function identityOf(pid: number): Promise<string | null> {
  try {
    const [stat, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // Fields are counted after the command's name, which may contain spaces. The start time is field 22.
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

/** Sends a signal to a process, or with a negative pid to its group. Does nothing if the process has ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Stops a process that is no child of this one, if its pid still belongs to the recorded process. */
export async function endRecorded(record: ProcessRecord): Promise<'ended' | 'gone'> {
  const isRunning = async () => (await identityOf(record.pid)) === record.identity;
  if (!(await isRunning())) return 'gone';
  sendSignal(record.pid, record.signal);
  sendSignal(record.pid, 'SIGCONT');
  if (record.drainMs !== undefined) {
    if (await isGone(isRunning, record.drainMs)) return 'ended';
    sendSignal(record.pid, record.signal);
  }
  if (await isGone(isRunning, record.graceMs)) return 'ended';
  sendSignal(record.pid, 'SIGKILL');
  await isGone(isRunning, 3_000);
  return 'ended';
}

async function isGone(isRunning: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (await isRunning()) {
    if (Date.now() > end) return false;
    await delay(50);
  }
  return true;
}

/**
 * Whether this process listens on the port: another server may have taken it first and would answer instead. Null where
 * the system has no `/proc`.
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

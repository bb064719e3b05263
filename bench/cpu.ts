import { readFileSync } from 'node:fs';
import { listProcesses } from '../test/support/service/processes.js';

/** Seconds of processor time, by the names that the processes were given. */
export type Cpu = Record<string, number>;

/** The kernel counts in these, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** What each process has used so far, with its children, those that have ended too. Empty where there is no /proc. */
export function readCpu(pids: Record<string, number>): Cpu {
  const all = listProcesses();
  const treeOf = (root: number): number[] => {
    const found = [root];
    for (const parent of found) found.push(...all.filter((entry) => entry.parent === parent).map(({ pid }) => pid));
    return found;
  };
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, treeOf(pid).reduce((total, each) => total + secondsOf(each), 0)]),
  );
}

function secondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // utime, stime, and both of the children that it has waited for
    const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
    return ticks / ticksPerSecond;
  } catch {
    return Number.NaN; // it has ended, or there is no /proc: what is not known is not zero
  }
}

export function cpuSince(before: Cpu, after: Cpu): Cpu {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]));
}

export const totalCpu = (cpu: Cpu): number => Object.values(cpu).reduce((total, seconds) => total + seconds, 0);

export function addCpu(a: Cpu, b: Cpu): Cpu {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

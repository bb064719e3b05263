import { readFileSync, writeFileSync } from 'node:fs';

/** MiB of resident memory, by the names that the processes were given: now, and the most since `forgetPeaks`. */
export type Memory = Record<string, { now: number; peak: number }>;

/** Resets what the kernel keeps as the most memory of each process. Linux only. */
export function forgetPeaks(pids: Record<string, number>): void {
  for (const pid of Object.values(pids)) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // It has ended, or there is no /proc: what is read later is then not a number.
    }
  }
}

export const readMemory = (pids: Record<string, number>): Memory =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, memoryOf(pid)]));

function memoryOf(pid: number): { now: number; peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const of = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  } catch {
    return { now: Number.NaN, peak: Number.NaN };
  }
}

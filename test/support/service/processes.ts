import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export type ProcessEntry = { pid: number; parent: number; state: string; command: string };

/** All processes of this machine, with the state's letter as `ps` has it: `T` is stopped, `Z` is dead. */
export function listProcesses(): ProcessEntry[] {
  return existsSync('/proc/self/stat') ? fromProc() : fromPs();
}

/** Small containers have no `ps`. */
function fromProc(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), parent: Number(parent), state: state ?? '', command }];
      } catch {
        return []; // it ended while we looked
      }
    });
}

function fromPs(): ProcessEntry[] {
  const table = execFileSync('ps', ['-Awwo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid ? [{ pid: Number(pid), parent: Number(parent), state, command }] : [];
  });
}

export function stateOf(pid: number): string | null {
  return listProcesses().find((entry) => entry.pid === pid)?.state[0] ?? null;
}

/** The process and all that descend from it. */
export function descendantsOf(root: number): ProcessEntry[] {
  const all = listProcesses();
  const found = all.filter((entry) => entry.pid === root);
  for (const parent of found) found.push(...all.filter((entry) => entry.parent === parent.pid));
  return found.filter((entry) => !entry.state.startsWith('Z'));
}

export function isAlive(known: Pick<ProcessEntry, 'pid'>): boolean {
  const state = stateOf(known.pid);
  return state !== null && state !== 'Z';
}

/** Processes that name the folder on their command line, as Postgres and Temporal name their data's. */
export function mentioning(folder: string): ProcessEntry[] {
  return listProcesses().filter((entry) => entry.command.includes(folder) && entry.pid !== process.pid);
}

/** The environment a process was started with. Linux only. */
export function environmentOf(pid: number): Record<string, string> {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

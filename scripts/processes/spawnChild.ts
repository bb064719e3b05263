import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { ChildSpec } from './child.js';
import { identityOf, sendSignal } from './processes.js';

export class ChildEnded extends Error {
  override readonly name = 'ChildEnded';
  constructor(child: string, how: string) {
    super(`${child} ended ${how}`);
  }
}

export type Running = {
  pid: number;
  identity: string;
  startedAt: number;
  ended: Promise<ChildEnded>;
  /** The signal that ended it; null before, and when it exited. */
  endedBy: () => NodeJS.Signals | null;
  /** Aborted when it has ended. */
  gone: AbortSignal;
  /** Aborted when it reports that it drains: it takes no new work and ends by itself. */
  draining: AbortSignal;
};

/** Spawns a child in its own session, so that a Ctrl-C in the terminal reaches only the launcher. */
export async function spawnChild(spec: ChildSpec): Promise<Running> {
  const { file, args, ...how } = await spec.command();
  const sink = 'file' in spec.output ? spec.output.file : 'pipe';
  const stdio: ('ignore' | 'pipe' | number)[] = [spec.stdin ?? 'ignore', sink, sink];
  const drainArgs = spec.drains ? [`--drain-fd=${stdio.push('pipe') - 1}`] : [];
  const spawned = spawn(file, [...args, ...drainArgs], { ...how, detached: true, stdio });
  const gone = new AbortController();
  const draining = new AbortController();
  const ended = endOf(spawned, spec.name, gone);
  // A pipe instead of Node's IPC channel: the channel would be in the child's environment, and so in that of its children.
  spawned.stdio[3]?.on('data', () => draining.abort());
  spawned.stdio[3]?.on('error', () => undefined);
  if ('lines' in spec.output) readLines(spawned, spec.output.lines);
  if (spawned.pid === undefined) throw await ended;
  const identity = (await identityOf(spawned.pid)) ?? `ended ${basename(file)}`;
  const { pid } = spawned;
  return {
    pid,
    identity,
    startedAt: Date.now(),
    endedBy: () => spawned.signalCode,
    ended,
    gone: gone.signal,
    draining: draining.signal,
  };
}

/** Stops a child. One that drains gets its stop signal again when its time to drain is over. */
export async function endChild(running: Running, spec: ChildSpec): Promise<void> {
  if (running.gone.aborted) return;
  const signalStop = () => sendSignal(running.pid, spec.stopSignal);
  if (!running.draining.aborted) signalStop();
  // A child that is paused by SIGSTOP can not handle the signal.
  sendSignal(running.pid, 'SIGCONT');
  const drainMs = spec.drains?.withinMs ?? 0;
  const timers = [setTimeout(() => sendSignal(running.pid, 'SIGKILL'), drainMs + spec.graceMs)];
  if (spec.drains) timers.push(setTimeout(signalStop, drainMs));
  await running.ended;
  for (const timer of timers) clearTimeout(timer);
}

function endOf(spawned: ChildProcess, name: string, gone: AbortController): Promise<ChildEnded> {
  return new Promise((resolve) => {
    const end = (how: string) => {
      const reason = new ChildEnded(name, how);
      gone.abort(reason);
      resolve(reason);
    };
    spawned.once('error', (error) => end(`before it started: ${error.message}`));
    spawned.once('exit', (code, signal) => end(signal ? `by ${signal}` : `with code ${code}`));
  });
}

function readLines(spawned: ChildProcess, onLine: (line: string, from: 'stdout' | 'stderr') => void): void {
  for (const from of ['stdout', 'stderr'] as const) {
    let rest = '';
    spawned[from]?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line, from);
    });
    spawned[from]?.on('end', () => rest && onLine(rest, from));
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { messageOf } from './failure.js';
import { pause } from './poll.js';
import { identityOf, type ProcessRecord, sendSignal } from './processes.js';
import type { Command } from './runCommand.js';

/** What has to be known of a child to keep it running. */
export type ChildSpec = {
  name: string;
  /** Asked anew for each start. */
  command: () => Command;
  /** Resolves once the child does its work; its signal is aborted when the child ends. */
  ready: (pid: number, signal: AbortSignal) => Promise<void>;
  /** Where its output goes: straight to a file, or to us, line by line. */
  output: { file: number } | { lines: (line: string, from: 'stdout' | 'stderr') => void };
  /** With a pipe, the child can tell that we are gone: it closes. */
  stdin?: 'pipe';
  stopSignal: NodeJS.Signals;
  graceMs: number;
};

export type Child = {
  name: string;
  pid: () => number | null;
  record: () => ProcessRecord | null;
  /** Starts it and waits until it is ready; from then on it is started again whenever it ends. */
  start: (signal: AbortSignal) => Promise<void>;
  stop: () => Promise<void>;
  kill: () => void;
};

export type Told = { say: (line: string) => void; spawned: () => Promise<void>; ready: () => Promise<void> };

export class ChildEnded extends Error {
  override readonly name = 'ChildEnded';
  constructor(child: string, how: string) {
    super(`${child} ended ${how}`);
  }
}

type Running = { pid: number; identity: string; startedAt: number; ended: Promise<ChildEnded>; gone: AbortSignal };

const steadyAfterMs = 10_000;
const backoffMs = [0, 100, 200, 400, 800, 1_600, 3_000];

/**
 * A child process that is started again when it dies: at once, and after ever longer pauses if it keeps dying.
 * `spawned` is told of each new process at once, `ready` when a later one does its work.
 */
export function createChild(spec: ChildSpec, told: Told): Child {
  const stopping = new AbortController();
  let running: Running | null = null;
  let keeping: Promise<void> = Promise.resolve();

  async function launch(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    running = await spawnChild(spec);
    await told.spawned();
    signal.throwIfAborted();
    await spec.ready(running.pid, AbortSignal.any([signal, running.gone]));
    if (running.gone.aborted) throw await running.ended;
  }

  /** Starts one more, after `deaths` in a row. When it does not come up it ends, and that is one more. */
  async function again(deaths: number): Promise<void> {
    try {
      await pause(backoffMs[Math.min(deaths, backoffMs.length - 1)] ?? 0, stopping.signal);
      await launch(stopping.signal);
      await told.ready();
      told.say(`${spec.name} is back (pid ${running?.pid})`);
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (deaths === 2) told.say(`${spec.name} does not stay up (${messageOf(error)}); trying on`);
      if (running) sendSignal(running.pid, 'SIGKILL');
    }
  }

  /** Runs for as long as the child is wanted. */
  async function keepUp(): Promise<void> {
    for (let deaths = 0; ; ) {
      const before = running;
      const end = await before?.ended;
      if (stopping.signal.aborted) return;
      if (before && Date.now() - before.startedAt > steadyAfterMs) deaths = 0;
      if (deaths === 0) told.say(`${end?.message} (pid ${before?.pid}); starting it again`);
      await again(deaths++);
    }
  }

  return {
    name: spec.name,
    pid: () => (running && !running.gone.aborted ? running.pid : null),
    record() {
      if (!running || running.gone.aborted) return null;
      const { pid, identity } = running;
      return { name: spec.name, pid, identity, signal: spec.stopSignal, graceMs: spec.graceMs };
    },
    async start(signal) {
      await launch(AbortSignal.any([signal, stopping.signal]));
      keeping = keepUp();
    },
    async stop() {
      stopping.abort(new Error(`${spec.name} is stopping`));
      if (running && !running.gone.aborted) await endChild(running, spec);
      await keeping;
      // A start that was under way may have spawned one more.
      if (running && !running.gone.aborted) await endChild(running, spec);
    },
    kill() {
      stopping.abort(new Error(`${spec.name} is killed`));
      if (running && !running.gone.aborted) sendSignal(running.pid, 'SIGKILL');
    },
  };
}

async function endChild(running: Running, spec: ChildSpec): Promise<void> {
  sendSignal(running.pid, spec.stopSignal);
  // One that was stopped by SIGSTOP must run to hear it.
  sendSignal(running.pid, 'SIGCONT');
  const timer = setTimeout(() => sendSignal(running.pid, 'SIGKILL'), spec.graceMs);
  await running.ended;
  clearTimeout(timer);
}

/** Spawns it in a session of its own, so that a Ctrl-C in the terminal reaches only the launcher. */
async function spawnChild(spec: ChildSpec): Promise<Running> {
  const { file, args, ...how } = spec.command();
  const sink = 'file' in spec.output ? spec.output.file : 'pipe';
  const spawned = spawn(file, args, { ...how, detached: true, stdio: [spec.stdin ?? 'ignore', sink, sink] });
  const gone = new AbortController();
  const ended = endOf(spawned, spec.name, gone);
  if ('lines' in spec.output) readLines(spawned, spec.output.lines);
  if (spawned.pid === undefined) throw await ended;
  const identity = (await identityOf(spawned.pid)) ?? `ended ${basename(file)}`;
  return { pid: spawned.pid, identity, startedAt: Date.now(), ended, gone: gone.signal };
}

function endOf(spawned: ChildProcess, name: string, gone: AbortController): Promise<ChildEnded> {
  return new Promise((resolve) => {
    const end = (how: string) => {
      const reason = new ChildEnded(name, how);
      gone.abort(reason);
      resolve(reason);
    };
    spawned.once('error', (error) => end(`before it began: ${error.message}`));
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

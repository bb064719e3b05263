import { backoffMs } from '../../lib/backoff.js';
import { messageOf } from '../start/failure.js';
import { pause } from './poll.js';
import { type ProcessRecord, sendSignal } from './processes.js';
import type { Command } from './runCommand.js';
import { endChild, type Running, spawnChild } from './spawnChild.js';

/** How a child is started, watched and stopped. */
export type ChildSpec = {
  name: string;
  /** Called for each start. */
  command: () => Command | Promise<Command>;
  /** Resolves when the child is ready. The signal is aborted when the child ends. */
  ready: (pid: number, signal: AbortSignal) => Promise<void>;
  /** Where its output goes: to a file, or line by line to the launcher. */
  output: { file: number } | { lines: (line: string, from: 'stdout' | 'stderr') => void };
  /** A pipe is closed when the launcher ends, which the child can detect. */
  stdin?: 'pipe';
  stopSignal: NodeJS.Signals;
  graceMs: number;
  /**
   * For a child that writes a line to the file descriptor `--drain-fd` when it begins to drain: another one is started at
   * once. When the launcher stops, the child may drain for `withinMs` before it gets its stop signal again.
   */
  drains?: { withinMs: number };
};

export type Child = {
  name: string;
  /** The pid of the process that takes new work; null when there is none. */
  pid: () => number | null;
  /** All running processes: the one that takes new work and those that drain. */
  records: () => ProcessRecord[];
  /** Starts it and waits until it is ready. From then on it is restarted whenever it ends. */
  start: (signal: AbortSignal) => Promise<void>;
  stop: () => Promise<void>;
  kill: () => void;
};

/** `onSpawned`: after each new process. `onReady`: when a restarted one is ready. */
export type ChildEvents = {
  say: (line: string) => void;
  onSpawned: () => Promise<void>;
  onReady: () => Promise<void>;
};

const steadyAfterMs = 10_000;

/** A child process that is restarted when it ends: at once, and with growing pauses if it keeps ending early. */
export function createChild(spec: ChildSpec, events: ChildEvents): Child {
  const stopping = new AbortController();
  const drained = new Set<Running>();
  let running: Running | null = null;
  let supervising: Promise<void> = Promise.resolve();

  async function launch(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    running = await spawnChild(spec);
    await events.onSpawned();
    signal.throwIfAborted();
    await spec.ready(running.pid, AbortSignal.any([signal, running.gone]));
    if (running.gone.aborted) throw await running.ended;
  }

  /** Restarts the child after `failures` in a row. One that does not become ready is killed, which is another failure. */
  async function restart(failures: number): Promise<void> {
    try {
      await pause(failures === 0 ? 0 : backoffMs(failures - 1, 100, 3_000), stopping.signal);
      await launch(stopping.signal);
      await events.onReady();
      events.say(`${spec.name} runs again (pid ${running?.pid})`);
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (failures === 2) events.say(`${spec.name} does not stay up (${messageOf(error)}); retrying`);
      if (running) sendSignal(running.pid, 'SIGKILL');
    }
  }

  /** Restarts the child until it is stopped. */
  async function supervise(): Promise<void> {
    let failures = 0;
    for (;;) {
      const before = running;
      if (before) await endedOrDraining(before);
      if (stopping.signal.aborted) return;
      if (before && resetsBackoff(before)) failures = 0;
      if (before && !before.gone.aborted) trackDraining(before);
      else if (failures++ === 0) events.say(`${endOf(before)}; restarting it`);
      await restart(Math.max(0, failures - 1));
    }
  }

  /** A child that ran for a while, or was stopped by its stop signal, is restarted without a pause. */
  const resetsBackoff = ({ startedAt, endedBy }: Running): boolean =>
    Date.now() - startedAt > steadyAfterMs || endedBy() === spec.stopSignal;

  function trackDraining(before: Running): void {
    events.say(`${spec.name} drains (pid ${before.pid}); starting another`);
    drained.add(before);
    running = null;
    const forget = async () => {
      drained.delete(before);
      await events.onSpawned();
    };
    void before.ended.then(forget).catch((error) => events.say(`${spec.name}: ${messageOf(error)}`));
  }

  const all = () => [running, ...drained].filter((one): one is Running => one !== null && !one.gone.aborted);

  return {
    name: spec.name,
    pid: () => (running && !running.gone.aborted ? running.pid : null),
    records: () => all().map((one) => recordOf(one, spec)),
    async start(signal) {
      await launch(AbortSignal.any([signal, stopping.signal]));
      supervising = supervise();
    },
    async stop() {
      stopping.abort(new Error(`${spec.name} is stopping`));
      await Promise.all(all().map((one) => endChild(one, spec)));
      await supervising;
      // A restart that was in progress may have spawned another process.
      await Promise.all(all().map((one) => endChild(one, spec)));
    },
    kill() {
      stopping.abort(new Error(`${spec.name} is killed`));
      for (const { pid } of all()) sendSignal(pid, 'SIGKILL');
    },
  };
}

function recordOf({ pid, identity }: Running, spec: ChildSpec): ProcessRecord {
  const drains = spec.drains ? { drainMs: spec.drains.withinMs } : {};
  return { name: spec.name, pid, identity, signal: spec.stopSignal, graceMs: spec.graceMs, ...drains };
}

function endedOrDraining({ ended, draining }: Running): Promise<unknown> {
  if (draining.aborted) return Promise.resolve();
  const began = new Promise<void>((resolve) => draining.addEventListener('abort', () => resolve(), { once: true }));
  return Promise.race([ended, began]);
}

const endOf = (ended: Running | null) => `${ended?.gone.reason.message} (pid ${ended?.pid})`;

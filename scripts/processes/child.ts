import { backoffMs } from '../../lib/backoff.js';
import { messageOf } from '../start/failure.js';
import { pause } from './poll.js';
import { type ProcessRecord, sendSignal } from './processes.js';
import type { Command } from './runCommand.js';
import { endChild, type Running, spawnChild } from './spawnChild.js';

/** What has to be known of a child to keep it running. */
export type ChildSpec = {
  name: string;
  /** Asked anew for each start. */
  command: () => Command | Promise<Command>;
  /** Resolves once the child does its work; its signal is aborted when the child ends. */
  ready: (pid: number, signal: AbortSignal) => Promise<void>;
  /** Where its output goes: straight to a file, or to us, line by line. */
  output: { file: number } | { lines: (line: string, from: 'stdout' | 'stderr') => void };
  /** With a pipe, the child can tell that we are gone: it closes. */
  stdin?: 'pipe';
  stopSignal: NodeJS.Signals;
  graceMs: number;
  /**
   * For a child that says when it begins to drain, by a line to the file descriptor that `--drain-fd` names: another one
   * is started beside it at once. When the launcher stops, it may drain for so long before it gets its stop signal again.
   */
  drains?: { withinMs: number };
};

export type Child = {
  name: string;
  /** Of the one that takes new work. */
  pid: () => number | null;
  /** Of all that run: the one that takes new work and those that drain. */
  records: () => ProcessRecord[];
  /** Starts it and waits until it is ready; from then on it is started again whenever it ends. */
  start: (signal: AbortSignal) => Promise<void>;
  stop: () => Promise<void>;
  kill: () => void;
};

export type Told = { say: (line: string) => void; spawned: () => Promise<void>; ready: () => Promise<void> };

const steadyAfterMs = 10_000;

/**
 * A child process that is started again when it dies: at once, and after ever longer pauses if it keeps dying.
 * `spawned` is told of each new process at once, `ready` when a later one does its work.
 */
export function createChild(spec: ChildSpec, told: Told): Child {
  const stopping = new AbortController();
  const drained = new Set<Running>();
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
      await pause(deaths === 0 ? 0 : backoffMs(deaths - 1, 100, 3_000), stopping.signal);
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
    let deaths = 0;
    for (;;) {
      const before = running;
      if (before) await endedOrDraining(before);
      if (stopping.signal.aborted) return;
      if (before && isExcused(before)) deaths = 0;
      if (before && !before.gone.aborted) letDrain(before);
      else if (deaths++ === 0) told.say(`${endOf(before)}; starting it again`);
      await again(Math.max(0, deaths - 1));
    }
  }

  /** Only one that does not stay up is started with pauses: not one that ran for a while, or was ended on purpose. */
  const isExcused = ({ startedAt, endedBy }: Running): boolean =>
    Date.now() - startedAt > steadyAfterMs || endedBy() === spec.stopSignal;

  function letDrain(before: Running): void {
    told.say(`${spec.name} drains (pid ${before.pid}); starting another`);
    drained.add(before);
    running = null;
    const forget = async () => {
      drained.delete(before);
      await told.spawned();
    };
    void before.ended.then(forget).catch((error) => told.say(`${spec.name}: ${messageOf(error)}`));
  }

  const all = () => [running, ...drained].filter((one): one is Running => one !== null && !one.gone.aborted);

  return {
    name: spec.name,
    pid: () => (running && !running.gone.aborted ? running.pid : null),
    records: () => all().map((one) => recordOf(one, spec)),
    async start(signal) {
      await launch(AbortSignal.any([signal, stopping.signal]));
      keeping = keepUp();
    },
    async stop() {
      stopping.abort(new Error(`${spec.name} is stopping`));
      await Promise.all(all().map((one) => endChild(one, spec)));
      await keeping;
      // A start that was under way may have spawned one more.
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

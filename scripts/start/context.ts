import { join } from 'node:path';
import type { Config } from '../../config.js';
import { type Child, type ChildEvents, type ChildSpec, createChild } from '../processes/child.js';
import { tailOf } from '../processes/childLog.js';
import { poll } from '../processes/poll.js';
import { portState } from '../processes/ports.js';
import { listensOn } from '../processes/processes.js';
import { ChildEnded } from '../processes/spawnChild.js';
import type { DataDir } from './dataDir.js';
import { messageOf, StartFailure } from './failure.js';

/**
 * The launcher's children in the order in which they are stopped: users of a service before the service. The worker is
 * first, so that viewers see the end of the replies that it still streams.
 */
export const childNames = ['worker', 'api', 'provider', 'temporal', 'postgres'] as const;
export type ChildName = (typeof childNames)[number];

/** The state that all parts of a start share. */
export type StartContext = {
  config: Config;
  dataDir: DataDir;
  /** The ports in use, which are kept for the next start. */
  ports: Record<string, number>;
  say: (line: string) => void;
  signal: AbortSignal;
  /** True from the moment everything is ready until the stop. */
  isUp: () => boolean;
  children: Map<ChildName, Child>;
  events: ChildEvents;
};

export const logOf = (dataDir: DataDir, name: ChildName): string => join(dataDir.logs, `${name}.log`);

const MOST_TRIES = 3;

/**
 * Starts a child that is restarted when it ends. `choose` picks its ports directly before the start. If another process
 * takes one of them first, or one that the child picked by itself, the child ends and is started again on other ports.
 * Throws a `StartFailure`.
 */
export async function startChild(
  context: StartContext,
  name: ChildName,
  spec: Omit<ChildSpec, 'name'>,
  choose: () => Promise<number[]>,
): Promise<void> {
  const child = createChild({ ...spec, name }, context.events);
  context.children.set(name, child);
  for (let tries = 1; ; tries++) {
    const ports = await choose();
    try {
      return await child.start(context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      const states = await Promise.all(ports.map((port) => portState(port, '127.0.0.1')));
      const log = logOf(context.dataDir, name);
      const tail = await tailOf(log);
      const lostPort = states.includes('taken') || /address already in use|EADDRINUSE/.test(tail);
      if (error instanceof ChildEnded && lostPort && tries < MOST_TRIES) continue;
      throw new StartFailure(`Could not start ${name}: ${messageOf(error)}.\nThe end of ${log}:\n${tail}`);
    }
  }
}

/** Waits until this process listens on the port. Another process on the same port does not count. */
export async function untilListening(pid: number, port: number, signal: AbortSignal): Promise<void> {
  await poll(async () => (await listensOn(pid, port)) !== false, {
    everyMs: 50,
    withinMs: 60_000,
    signal,
    late: () => new Error(`it does not listen on port ${port}`),
  });
}

import { join } from 'node:path';
import type { Config } from '../../config.js';
import { type Child, type ChildSpec, createChild, type Told } from '../processes/child.js';
import { tailOf } from '../processes/childLog.js';
import { poll } from '../processes/poll.js';
import { portState } from '../processes/ports.js';
import { listensOn } from '../processes/processes.js';
import { ChildEnded } from '../processes/spawnChild.js';
import type { DataDir } from './dataDir.js';
import { StartFailure } from './failure.js';

/**
 * The processes under the launcher, in the order in which they are stopped: users of a service before it. The worker
 * is first, so that viewers see the ends of the replies that it still streams.
 */
export const childNames = ['worker', 'api', 'provider', 'temporal', 'postgres'] as const;
export type ChildName = (typeof childNames)[number];

/** What every part of the start-up works with. */
export type StartContext = {
  config: Config;
  dataDir: DataDir;
  /** The ports in use, as they are kept for the next start. */
  ports: Record<string, number>;
  say: (line: string) => void;
  signal: AbortSignal;
  /** From the moment all is ready until it is to stop. */
  isUp: () => boolean;
  children: Map<ChildName, Child>;
  told: Told;
};

export const logOf = (dataDir: DataDir, name: ChildName): string => join(dataDir.logs, `${name}.log`);

/**
 * Starts a child and keeps it. `choose` picks its ports right before: should another server take one in the
 * moment between, the child ends, and is started on others.
 */
export async function startChild(
  context: StartContext,
  name: ChildName,
  spec: Omit<ChildSpec, 'name'>,
  choose: () => Promise<number[]>,
): Promise<void> {
  const child = createChild({ ...spec, name }, context.told);
  context.children.set(name, child);
  for (let tries = 1; ; tries++) {
    const ports = await choose();
    try {
      return await child.start(context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      const states = await Promise.all(ports.map((port) => portState(port, '127.0.0.1')));
      if (error instanceof ChildEnded && states.includes('taken') && tries < 3) continue;
      throw new StartFailure(await whyNot(context.dataDir, name, error));
    }
  }
}

async function whyNot(dataDir: DataDir, name: ChildName, error: unknown): Promise<string> {
  const tail = await tailOf(logOf(dataDir, name));
  const reason = error instanceof Error ? error.message : String(error);
  return [`Could not start ${name}: ${reason}.`, `The end of ${logOf(dataDir, name)}:`, tail].join('\n');
}

/** Waits until the child itself listens: nothing else that answers on its port is taken for it. */
export async function untilListening(pid: number, port: number, signal: AbortSignal): Promise<void> {
  await poll(async () => (await listensOn(pid, port)) !== false, {
    everyMs: 50,
    withinMs: 60_000,
    signal,
    late: () => new Error(`it does not listen on port ${port}`),
  });
}

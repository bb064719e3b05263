import { join } from 'node:path';
import { descendantsOf, stateOf } from '../../../test/support/service/processes.js';
import { until } from '../../../test/support/until.js';
import { tailOf } from '../../processes/childLog.js';
import { sendSignal } from '../../processes/processes.js';
import type { ServerName } from '../world/servers.js';
import { type Fault, fired, missed, type Scene } from './fault.js';
import { pause } from './pause.js';

/** Processes that are killed, asked to end, and frozen. */
type Victim = 'worker' | 'api' | ServerName;

const backWithinMs = 90_000;
const workingMs = 1_500;
/** The heartbeat timeout is 3 s: a process that stands still for longer is given up by others. */
const frozenMs = { least: 3_500, most: 9_000 };

const isServer = (victim: Victim): victim is ServerName => victim === 'postgres' || victim === 'temporal';

async function pidOf({ stage }: Scene, victim: Victim): Promise<number | null> {
  return isServer(victim) ? stage.servers.pid(victim) : ((await stage.service.run()).pids[victim] ?? null);
}

/** Sends the signal, and resolves with the new pid once there is another process. */
function replaced({ stage }: Scene, victim: Victim, pid: number, signal: NodeJS.Signals): Promise<number> {
  const back = isServer(victim)
    ? stage.servers.untilBack(victim, pid, backWithinMs)
    : stage.service.waitForRestart(victim, pid, backWithinMs);
  sendSignal(pid, signal);
  return back;
}

/**
 * Until the new worker says in its log that it works, and a moment for it to do so: one that is killed while it starts
 * tries only the start, and on a slow machine nothing else would ever happen. The run's end does not wait for it.
 */
async function untilWorking({ stage, signal }: Scene, pid: number): Promise<void> {
  const isReady = (line: string) => line.includes(`"pid":${pid},`) && line.includes('"worker is ready"');
  const file = join(stage.service.dataDir, 'logs', 'worker.log');
  const deadline = Date.now() + backWithinMs;
  while (!signal.aborted && Date.now() < deadline && stateOf(pid) !== null) {
    const lines = (await tailOf(file, 2_000)).split('\n');
    if (lines.some(isReady)) return pause(workingMs, signal);
    await pause(250, signal);
  }
}

function ending(victim: Victim, signal: NodeJS.Signals, how: string, weight: number): Fault {
  const name = `${how} ${victim}`;
  return {
    name,
    weight,
    target: victim,
    async run(scene) {
      const pid = await pidOf(scene, victim);
      if (pid === null || stateOf(pid) === null) return missed('there was no process');
      const back = replaced(scene, victim, pid, signal);
      const streams = scene.recovery.mark(name);
      const after = await back;
      if (victim === 'worker') await untilWorking(scene, after);
      return fired(`pid ${pid} gave way to ${after}, ${streams} streams in flight`);
    },
  };
}

function frozen(victim: Victim, weight: number): Fault {
  const name = `freeze ${victim}`;
  return {
    name,
    weight,
    target: victim,
    async run(scene) {
      const pid = await pidOf(scene, victim);
      if (pid === null) return missed('there was no process');
      // Postgres is a process a connection: all of them stand still, as on a machine that does.
      const all = victim === 'postgres' ? descendantsOf(pid).map((entry) => entry.pid) : [pid];
      for (const each of all) sendSignal(each, 'SIGSTOP');
      try {
        await until('the process stands still', async () => (stateOf(pid) === 'T' ? true : null), 2_000).catch(
          () => null,
        );
        if (stateOf(pid) !== 'T') return missed('it did not stand still');
        const streams = scene.recovery.mark(name);
        const since = Date.now();
        await pause(scene.dice.between(frozenMs.least, frozenMs.most), scene.signal);
        return fired(`pid ${pid} stood still for ${Date.now() - since} ms, ${streams} streams in flight`);
      } finally {
        for (const each of all) sendSignal(each, 'SIGCONT');
      }
    },
  };
}

export const processFaults: Fault[] = [
  ending('worker', 'SIGKILL', 'kill', 10),
  ending('api', 'SIGKILL', 'kill', 6),
  ending('temporal', 'SIGKILL', 'kill', 5),
  ending('postgres', 'SIGKILL', 'kill', 5),
  ending('worker', 'SIGTERM', 'term', 5),
  ending('api', 'SIGTERM', 'term', 4),
  ending('postgres', 'SIGINT', 'shut down', 2),
  frozen('worker', 3),
  frozen('api', 2),
  frozen('postgres', 2),
  frozen('temporal', 2),
];

/** What a deploy does. */
export const rollingRestarts: Fault[] = [ending('worker', 'SIGTERM', 'term', 1), ending('api', 'SIGTERM', 'term', 1)];

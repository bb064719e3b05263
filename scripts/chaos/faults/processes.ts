import { join } from 'node:path';
import { descendantsOf, stateOf } from '../../../test/support/service/processes.js';
import { until } from '../../../test/support/until.js';
import { tailOf } from '../../processes/childLog.js';
import { sendSignal } from '../../processes/processes.js';
import type { ServerName } from '../infrastructure/servers.js';
import { type Fault, type FaultContext, fired, missed } from './fault.js';
import { pause } from './pause.js';

/** Faults of processes: killed, terminated and frozen. */
type Victim = 'worker' | 'api' | ServerName;

const backWithinMs = 90_000;
const workingMs = 1_500;
/** Longer than the heartbeat timeout of 3 s: other processes take the frozen one for dead. */
const frozenMs = { least: 3_500, most: 9_000 };

const isServer = (victim: Victim): victim is ServerName => victim === 'postgres' || victim === 'temporal';

async function pidOf({ testbed }: FaultContext, victim: Victim): Promise<number | null> {
  return isServer(victim) ? testbed.servers.pid(victim) : ((await testbed.service.run()).pids[victim] ?? null);
}

/** Sends the signal. Resolves with the new pid when another process has replaced this one. */
function replaced({ testbed }: FaultContext, victim: Victim, pid: number, signal: NodeJS.Signals): Promise<number> {
  const back = isServer(victim)
    ? testbed.servers.untilBack(victim, pid, backWithinMs)
    : testbed.service.waitForRestart(victim, pid, backWithinMs);
  sendSignal(pid, signal);
  return back;
}

/**
 * Waits until the new worker logs that it is ready, and a moment longer. Without this a slow machine would kill workers
 * only during their start. The end of the run aborts the wait.
 */
async function untilWorking({ testbed, signal }: FaultContext, pid: number): Promise<void> {
  const isReady = (line: string) => line.includes(`"pid":${pid},`) && line.includes('"worker is ready"');
  const file = join(testbed.service.dataDir, 'logs', 'worker.log');
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
    async run(context) {
      const pid = await pidOf(context, victim);
      if (pid === null || stateOf(pid) === null) return missed('there was no process');
      const back = replaced(context, victim, pid, signal);
      const streams = context.recovery.mark(name);
      const after = await back;
      if (victim === 'worker') await untilWorking(context, after);
      return fired(`pid ${pid} was replaced by ${after}, ${streams} streams in flight`);
    },
  };
}

function frozen(victim: Victim, weight: number): Fault {
  const name = `freeze ${victim}`;
  return {
    name,
    weight,
    target: victim,
    async run(context) {
      const pid = await pidOf(context, victim);
      if (pid === null) return missed('there was no process');
      // Postgres has a process for each connection. All of them are frozen, as on a frozen machine.
      const all = victim === 'postgres' ? descendantsOf(pid).map((entry) => entry.pid) : [pid];
      for (const each of all) sendSignal(each, 'SIGSTOP');
      try {
        await until('the process is stopped', async () => (stateOf(pid) === 'T' ? true : null), 2_000).catch(
          () => null,
        );
        if (stateOf(pid) !== 'T') return missed('the process was not stopped');
        const streams = context.recovery.mark(name);
        const since = Date.now();
        await pause(context.random.between(frozenMs.least, frozenMs.most), context.signal);
        return fired(`pid ${pid} was stopped for ${Date.now() - since} ms, ${streams} streams in flight`);
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

/** The faults of a deploy. */
export const rollingRestarts: Fault[] = [ending('worker', 'SIGTERM', 'term', 1), ending('api', 'SIGTERM', 'term', 1)];

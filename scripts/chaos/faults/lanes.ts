import { appendFile } from 'node:fs/promises';
import { createSeededRandom } from '../seededRandom.js';
import { type Fault, type FaultContext, missed, type Outcome } from './fault.js';
import { pause } from './pause.js';

/** For each fault how often it was tried and how often its effect was observed. */
export type Tally = Map<string, { tried: number; fired: number }>;

type Lanes = {
  faults: Fault[];
  lanes: number;
  seed: number;
  /** The longest pause of a lane between two faults. */
  pauseMs: number;
  logFile: string;
};

/**
 * Runs faults one after another in each lane until the end of the run, never two on one target. The seed decides which
 * faults run and with which numbers. When each one ends depends on the machine.
 */
export async function runFaults(
  context: Omit<FaultContext, 'random'>,
  { faults, lanes, seed, pauseMs, logFile }: Lanes,
): Promise<Tally> {
  const tally: Tally = new Map(faults.map(({ name }) => [name, { tried: 0, fired: 0 }]));
  const busy = new Set<string>();

  async function one(fault: Fault, random: FaultContext['random']): Promise<void> {
    const at = new Date().toISOString();
    const outcome = await fault.run({ ...context, random }).catch((error: unknown): Outcome => missed(String(error)));
    const count = tally.get(fault.name)!;
    count.tried += 1;
    if (outcome.fired) count.fired += 1;
    await appendFile(
      logFile,
      `${JSON.stringify({ at, until: new Date().toISOString(), name: fault.name, ...outcome })}\n`,
    );
  }

  async function lane(n: number): Promise<void> {
    const random = createSeededRandom(seed, `lane ${n}`);
    while (!context.signal.aborted) {
      await pause(random.between(0, pauseMs), context.signal);
      const fault = random.weighted(faults.filter(({ target }) => !busy.has(target)));
      if (!fault || context.signal.aborted) continue;
      busy.add(fault.target);
      await one(fault, random).finally(() => busy.delete(fault.target));
    }
  }

  await Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
  return tally;
}

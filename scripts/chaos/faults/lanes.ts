import { appendFile } from 'node:fs/promises';
import { createDice } from '../dice.js';
import { type Fault, missed, type Outcome, type Scene } from './fault.js';
import { pause } from './pause.js';

/** How often a fault was tried, and how often its effect was seen. */
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
 * Runs faults, one after the other in each lane, until the run is over. No target has two at once. Which ones, and
 * with which numbers, is the seed's say; when each of them ends is the machine's.
 */
export async function runFaults(
  scene: Omit<Scene, 'dice'>,
  { faults, lanes, seed, pauseMs, logFile }: Lanes,
): Promise<Tally> {
  const tally: Tally = new Map(faults.map(({ name }) => [name, { tried: 0, fired: 0 }]));
  const busy = new Set<string>();

  async function one(fault: Fault, dice: Scene['dice']): Promise<void> {
    const at = new Date().toISOString();
    const outcome = await fault.run({ ...scene, dice }).catch((error: unknown): Outcome => missed(String(error)));
    const count = tally.get(fault.name)!;
    count.tried += 1;
    if (outcome.fired) count.fired += 1;
    await appendFile(
      logFile,
      `${JSON.stringify({ at, until: new Date().toISOString(), name: fault.name, ...outcome })}\n`,
    );
  }

  async function lane(n: number): Promise<void> {
    const dice = createDice(seed, `lane ${n}`);
    while (!scene.signal.aborted) {
      await pause(dice.between(0, pauseMs), scene.signal);
      const fault = dice.weighted(faults.filter(({ target }) => !busy.has(target)));
      if (!fault || scene.signal.aborted) continue;
      busy.add(fault.target);
      await one(fault, dice).finally(() => busy.delete(fault.target));
    }
  }

  await Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
  return tally;
}

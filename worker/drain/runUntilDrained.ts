import type { Worker } from '@temporalio/worker';
import type { Drain } from './drain.js';

type Runs = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

/** What is told to hand over gets so long. */
const HAND_OVER_WITHIN_MS = 10_000;

/**
 * Runs the workers until each has drained: from then on they poll no more, and what they run goes on to its end. One
 * that fails lets the others drain. Throws when something did not end when it was to hand over.
 */
export async function runUntilDrained(workers: Runs[], drain: Drain): Promise<void> {
  const runs = workers.map((worker) => worker.run());
  for (const run of runs) run.catch(drain.ask);
  drain.onDraining(() => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`not all was handed over within ${HAND_OVER_WITHIN_MS} ms`);
    drain.onHandOver(() => {
      timer = setTimeout(() => reject(error), HAND_OVER_WITHIN_MS);
    });
  });
  try {
    const outcomes = await Promise.race([Promise.allSettled(runs), late]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  } finally {
    clearTimeout(timer);
    drain.close();
  }
}

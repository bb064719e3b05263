import type { Worker } from '@temporalio/worker';
import type { Drain } from './drain.js';

type SdkWorker = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

/** The longest time of a hand-over, in milliseconds. */
const HAND_OVER_WITHIN_MS = 10_000;

/**
 * Runs the workers until each has drained. When one fails, the others drain. Throws the first failure, or an error when
 * activities do not end in the time of the hand-over.
 */
export async function runUntilDrained(workers: SdkWorker[], drain: Drain): Promise<void> {
  const runs = workers.map((worker) => worker.run());
  for (const run of runs) run.catch(drain.stop);
  drain.onDraining(() => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`activities did not end within ${HAND_OVER_WITHIN_MS} ms of the hand-over`);
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

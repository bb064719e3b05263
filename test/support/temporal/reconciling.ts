import type { Client } from '@temporalio/client';
import { reconcileScheduleId } from '../../../domain/turns/engine.js';

const everyMs = 1_000;

/**
 * Lets the reconciler look once a second for as long as `wait` lasts, as an operator does with `trigger`, instead of
 * every ten: a pass that runs already is not disturbed. Fails as `wait` does; a schedule that no worker has made yet is
 * asked for again.
 */
export async function reconciling<T>(client: Client, taskQueue: string, wait: () => Promise<T>): Promise<T> {
  const schedule = client.schedule.getHandle(reconcileScheduleId(taskQueue));
  const asking = setInterval(() => void schedule.trigger().catch(() => undefined), everyMs);
  try {
    return await wait();
  } finally {
    clearInterval(asking);
  }
}

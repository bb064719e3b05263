import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { PASS_EVERY_MS } from '../domain/turns/decideReconcile.js';
import { RECONCILE_WORKFLOW, reconcileScheduleId } from '../domain/turns/engine.js';

/** Creates the reconciler's Schedule. One that exists is left as it is. */
export async function ensureReconcileSchedule(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: reconcileScheduleId(taskQueue),
      spec: { intervals: [{ every: PASS_EVERY_MS }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: PASS_EVERY_MS },
      action: { type: 'startWorkflow', workflowType: RECONCILE_WORKFLOW, taskQueue, workflowExecutionTimeout: '2 m' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

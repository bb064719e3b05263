import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { RECONCILE_WORKFLOW, reconcileScheduleId } from '../domain/turns/engine.js';

const EVERY = '10 s';

/** Creates the reconciler's Schedule. One that exists is left as it is. */
export async function ensureReconcileSchedule(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: reconcileScheduleId(taskQueue),
      spec: { intervals: [{ every: EVERY }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: EVERY },
      action: { type: 'startWorkflow', workflowType: RECONCILE_WORKFLOW, taskQueue, workflowExecutionTimeout: '2 m' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

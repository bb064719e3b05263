import { CancelledFailure, Context } from '@temporalio/activity';
import type { TaskAttempt } from '../db/streaming/leases.js';

/** Which of an activity's attempts this is, as Temporal counts them. */
export function thisAttempt(): TaskAttempt {
  const { workflowExecution, activityId, attempt } = Context.current().info;
  return { task: `${workflowExecution?.runId}/${activityId}`, number: attempt };
}

/** Cancelled through Temporal: the sure way of a stop. */
export const isStop = (error: unknown) => error instanceof CancelledFailure && error.message === 'CANCELLED';

/**
 * The worker shuts down, or an operator paused or reset the activity. An attempt that the server has given up
 * on is not among them: the attempt after it adopts the stream.
 */
export const isHandover = (error: unknown) =>
  error instanceof CancelledFailure && ['WORKER_SHUTDOWN', 'PAUSED', 'RESET'].includes(error.message);

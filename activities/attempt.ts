import { CancelledFailure, Context } from '@temporalio/activity';
import type { TaskAttempt } from '../db/streaming/leases.js';

/** The number of this attempt, as Temporal counts it. */
export function thisAttempt(): TaskAttempt {
  const { workflowExecution, activityId, attempt } = Context.current().info;
  return { task: `${workflowExecution?.runId}/${activityId}`, number: attempt };
}

/** Cancelled through Temporal, by a stop. */
export const isStop = (error: unknown) => error instanceof CancelledFailure && error.message === 'CANCELLED';

/**
 * The worker shuts down, or an operator paused or reset the activity. Not an attempt that timed out at the server: the
 * next attempt adopts its stream.
 */
export const isHandover = (error: unknown) =>
  error instanceof CancelledFailure && ['WORKER_SHUTDOWN', 'PAUSED', 'RESET'].includes(error.message);

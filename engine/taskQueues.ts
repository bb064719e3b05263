import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';

const { TaskQueueType } = proto.temporal.api.enums.v1;

export const WORKFLOW_TASKS = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW;
export const ACTIVITY_TASKS = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY;

export type TaskQueue = { namespace: string; name: string; type: proto.temporal.api.enums.v1.TaskQueueType };

/** A worker holds each poll open for a minute. One that has not polled for longer than this, in milliseconds, is gone. */
const LIVE_MS = 70_000;

/** The workers that poll the task queue now. The caller sets the deadline. */
export async function readLivePollers(
  { workflowService }: Pick<Connection, 'workflowService'>,
  { namespace, name, type }: TaskQueue,
) {
  const request = { namespace, taskQueue: { name }, taskQueueType: type };
  const { pollers } = await workflowService.describeTaskQueue(request);
  const since = Date.now() - LIVE_MS;
  return (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > since);
}

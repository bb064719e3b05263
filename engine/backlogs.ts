import type { Client } from '@temporalio/client';
import { classifierQueue, streamsQueue, webhooksQueue } from '../domain/turns/engine.js';
import { ACTIVITY_TASKS, type TaskQueue, WORKFLOW_TASKS } from './taskQueues.js';

/** Tasks that wait for a worker on one of the task queues, as Temporal estimates. */
export type Backlog = {
  queue: 'workflows' | 'replies' | 'streams' | 'classifiers' | 'webhooks';
  tasks: number;
  oldestSeconds: number;
};

/** Throws when Temporal does not answer by the deadline. */
export function readBacklogs(client: Client, taskQueue: string, deadlineMs: number): Promise<Backlog[]> {
  const { namespace } = client.options;
  const read = async (queue: Backlog['queue'], name: string, taskQueueType: TaskQueue['type']): Promise<Backlog> => {
    const { stats } = await client.connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType,
      reportStats: true,
    });
    const { seconds = 0, nanos = 0 } = stats?.approximateBacklogAge ?? {};
    return {
      queue,
      tasks: Number(stats?.approximateBacklogCount ?? 0),
      oldestSeconds: Number(seconds) + Number(nanos) / 1e9,
    };
  };
  return client.connection.withDeadline(Date.now() + deadlineMs, () =>
    Promise.all([
      read('workflows', taskQueue, WORKFLOW_TASKS),
      read('replies', taskQueue, ACTIVITY_TASKS),
      read('streams', streamsQueue(taskQueue), ACTIVITY_TASKS),
      read('classifiers', classifierQueue(taskQueue), ACTIVITY_TASKS),
      read('webhooks', webhooksQueue(taskQueue), ACTIVITY_TASKS),
    ]),
  );
}

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { FailingTask } from '../domain/turns/reconcile.js';

const { WorkflowTaskFailedCause: Cause } = proto.temporal.api.enums.v1;
type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** Events that are read: enough to reach the last completed task, since a retried task adds no events. */
const EVENTS = 50;
/** The attempt from which on a task with a reported failure counts as failing: it was retried in vain. */
const FAILED_ATTEMPTS = 3;
/** The same for a task that only timed out: its workers died, hung or had no free processor. */
const TIMED_OUT_ATTEMPTS = 6;

/** Causes with which a task ends early although the workflow can continue. */
const harmless = new Set([
  Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
]);

/**
 * The workflow's task if it fails at every attempt, else null. Only a failure that a worker reported, or many timeouts,
 * counts: a task that no worker polls stays at its first attempt, and a task that was lost with its worker has timed out.
 * Makes a second call only when the task is not at its first attempt.
 */
export async function readFailingTask(
  client: Client,
  { workflowId, runId, raw }: WorkflowExecutionDescription,
): Promise<FailingTask | null> {
  const attempt = raw.pendingWorkflowTask?.attempt ?? 1;
  if (attempt < 2) return null;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: EVENTS,
  });
  return failingTask(attempt, history?.events ?? []);
}

/** `events`: the newest first. */
export function failingTask(attempt: number, events: HistoryEvent[]): FailingTask | null {
  const completed = events.findIndex((event) => event.workflowTaskCompletedEventAttributes);
  const since = completed === -1 ? events : events.slice(0, completed);
  const failed = since.filter((event) => isFailure(event) && !isTooSlow(event));
  const first = failed.at(-1);
  if (first && (attempt >= FAILED_ATTEMPTS || failed.length > 1))
    return { since: timeOf(first), attempt, cause: causeOf(failed[0]), slow: false };
  const late = since.filter((event) => event.workflowTaskTimedOutEventAttributes || isTooSlow(event)).at(-1);
  return late && attempt >= TIMED_OUT_ATTEMPTS
    ? { since: timeOf(late), attempt, cause: 'TIMED_OUT', slow: true }
    : null;
}

const isFailure = ({ workflowTaskFailedEventAttributes: failed }: HistoryEvent): boolean =>
  Boolean(failed) && !harmless.has(failed?.cause ?? 0);

/** The SDK reports that the workflow did not yield. A worker without a free processor reports the same. */
const isTooSlow = ({ workflowTaskFailedEventAttributes: failed }: HistoryEvent): boolean =>
  /TMPRL1101|execution timed out/i.test(failed?.failure?.message ?? '');

const timeOf = ({ eventTime }: HistoryEvent): Date => new Date(Number(eventTime?.seconds ?? 0) * 1_000);

/** The cause's name. The message is not used: it may hold prose. */
const causeOf = (event: HistoryEvent | undefined): string =>
  (Cause[event?.workflowTaskFailedEventAttributes?.cause ?? 0] ?? 'UNSPECIFIED').replace(
    'WORKFLOW_TASK_FAILED_CAUSE_',
    '',
  );

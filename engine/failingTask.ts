import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { FailingTask } from '../domain/turns/reconcile.js';

const { WorkflowTaskFailedCause: Cause } = proto.temporal.api.enums.v1;
type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** Enough to reach the last completed task: tasks that are tried again leave no events of their own. */
const EVENTS = 50;
/** With a failure in the history: the task was tried again in vain. */
const FAILED_ATTEMPTS = 3;
/** Without one, only timeouts: workers die, hang on it, or have no processor for it. */
const TIMED_OUT_ATTEMPTS = 6;

/** Ways in which a task ends early although the workflow can go on. */
const harmless = new Set([
  Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND,
  Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
]);

/**
 * Whether the workflow's task fails again and again. A task that no worker polls is at its first attempt, and one
 * that was lost with its worker has timed out: only a failure that a worker reported, or many timeouts, counts.
 * Costs a second call only when the task is not at its first attempt.
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

/** The SDK's own watch over a workflow that does not yield: also what a worker without a free processor reports. */
const isTooSlow = ({ workflowTaskFailedEventAttributes: failed }: HistoryEvent): boolean =>
  /TMPRL1101|execution timed out/i.test(failed?.failure?.message ?? '');

const timeOf = ({ eventTime }: HistoryEvent): Date => new Date(Number(eventTime?.seconds ?? 0) * 1_000);

/** By name and never by message, which may hold what was said. */
const causeOf = (event: HistoryEvent | undefined): string =>
  (Cause[event?.workflowTaskFailedEventAttributes?.cause ?? 0] ?? 'UNSPECIFIED').replace(
    'WORKFLOW_TASK_FAILED_CAUSE_',
    '',
  );

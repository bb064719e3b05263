import { describe, expect, test } from '@jest/globals';
import proto from '@temporalio/proto';
import { failingTask } from './failingTask.js';

const { HistoryEvent } = proto.temporal.api.history.v1;
const Cause = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;
type HistoryEvent = proto.temporal.api.history.v1.HistoryEvent;

const at = (seconds: number, attributes: object): HistoryEvent =>
  HistoryEvent.fromObject({ eventTime: { seconds, nanos: 0 }, ...attributes });
const completed = (seconds: number) => at(seconds, { workflowTaskCompletedEventAttributes: {} });
const timedOut = (seconds: number) => at(seconds, { workflowTaskTimedOutEventAttributes: {} });
const signaled = (seconds: number) => at(seconds, { workflowExecutionSignaledEventAttributes: {} });
const failed = (
  seconds: number,
  cause: proto.temporal.api.enums.v1.WorkflowTaskFailedCause = Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
) => at(seconds, { workflowTaskFailedEventAttributes: { cause } });

/** Takes the events in the order in which they happened; the server gives the newest first. */
const failing = (attempt: number, ...events: HistoryEvent[]) => failingTask(attempt, events.reverse());

describe('a workflow is not failing', () => {
  test('after one failure of its task, because the next attempt may succeed', () => {
    expect(failing(2, completed(1), failed(2))).toBeNull();
  });

  test('when its worker died with the task or is slow', () => {
    expect(failing(4, completed(1), timedOut(2))).toBeNull();
  });

  test('when a task was completed after the failure', () => {
    expect(failing(3, failed(1), failed(2), completed(3), timedOut(4))).toBeNull();
  });

  test('when it was reset, or when its commands came too late', () => {
    expect(failing(3, completed(1), failed(2, Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW))).toBeNull();
    expect(failing(3, completed(1), failed(2, Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND))).toBeNull();
  });
});

describe('a workflow is failing', () => {
  test('since the first failure, when its task has failed and was retried in vain', () => {
    expect(failing(3, completed(1), failed(2))).toEqual({
      since: new Date(2_000),
      attempt: 3,
      cause: 'NON_DETERMINISTIC_ERROR',
      slow: false,
    });
  });

  test('as a slow one only, when the failures say that it took too long', () => {
    const message = '[TMPRL1101] Potential deadlock detected';
    const late = at(2, {
      workflowTaskFailedEventAttributes: {
        cause: Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        failure: { message },
      },
    });
    expect(failing(3, completed(1), late)).toBeNull();
    expect(failing(6, completed(1), late)).toMatchObject({ slow: true });
  });

  test('also when a signal makes its attempts start from one again', () => {
    expect(failing(2, completed(1), failed(2), signaled(3), failed(4))).toMatchObject({ since: new Date(2_000) });
  });

  test('when its very first task fails', () => {
    expect(failing(5, failed(2))).toMatchObject({ since: new Date(2_000), attempt: 5 });
  });

  test('as a slow one, when its task times out at every attempt', () => {
    expect(failing(6, completed(1), timedOut(2))).toMatchObject({
      since: new Date(2_000),
      cause: 'TIMED_OUT',
      slow: true,
    });
  });
});

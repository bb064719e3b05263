import { describe, expect, test } from '@jest/globals';
import proto from '@temporalio/proto';
import { failingTask } from './failingTask.js';

const Cause = proto.temporal.api.enums.v1.WorkflowTaskFailedCause;
type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

const at = (seconds: number) => ({ eventTime: { seconds: seconds as unknown as Long, nanos: 0 } });
const completed = (seconds: number) =>
  ({ ...at(seconds), workflowTaskCompletedEventAttributes: {} }) as unknown as HistoryEvent;
const timedOut = (seconds: number) =>
  ({ ...at(seconds), workflowTaskTimedOutEventAttributes: {} }) as unknown as HistoryEvent;
const signaled = (seconds: number) =>
  ({ ...at(seconds), workflowExecutionSignaledEventAttributes: {} }) as unknown as HistoryEvent;
const failed = (
  seconds: number,
  cause: proto.temporal.api.enums.v1.WorkflowTaskFailedCause = Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
) => ({ ...at(seconds), workflowTaskFailedEventAttributes: { cause } }) as unknown as HistoryEvent;

/** Written as they happened; the server gives the newest first. */
const failing = (attempt: number, ...events: HistoryEvent[]) => failingTask(attempt, events.reverse());

describe('a workflow can go on', () => {
  test('whose task has failed once: the next attempt may succeed', () => {
    expect(failing(2, completed(1), failed(2))).toBeNull();
  });

  test('whose worker died with the task, or is slow', () => {
    expect(failing(4, completed(1), timedOut(2))).toBeNull();
  });

  test('whose task failed before one that was completed', () => {
    expect(failing(3, failed(1), failed(2), completed(3), timedOut(4))).toBeNull();
  });

  test('that was reset, or whose commands came too late', () => {
    expect(failing(3, completed(1), failed(2, Cause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW))).toBeNull();
    expect(failing(3, completed(1), failed(2, Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND))).toBeNull();
  });
});

describe('a workflow can not go on', () => {
  test('whose task has failed and was tried again in vain, since the first failure', () => {
    expect(failing(3, completed(1), failed(2))).toEqual({
      since: new Date(2_000),
      attempt: 3,
      cause: 'NON_DETERMINISTIC_ERROR',
      slow: false,
    });
  });

  test('which a failure that only says that it took too long is no reason to think', () => {
    const message = '[TMPRL1101] Potential deadlock detected';
    const late = {
      ...at(2),
      workflowTaskFailedEventAttributes: {
        cause: Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        failure: { message },
      },
    };
    expect(failing(3, completed(1), late as unknown as HistoryEvent)).toBeNull();
    expect(failing(6, completed(1), late as unknown as HistoryEvent)).toMatchObject({ slow: true });
  });

  test('whose attempts begin from one again with each signal', () => {
    expect(failing(2, completed(1), failed(2), signaled(3), failed(4))).toMatchObject({ since: new Date(2_000) });
  });

  test('whose first task of all fails', () => {
    expect(failing(5, failed(2))).toMatchObject({ since: new Date(2_000), attempt: 5 });
  });

  test('whose task times out however much time the server gives it', () => {
    expect(failing(6, completed(1), timedOut(2))).toMatchObject({
      since: new Date(2_000),
      cause: 'TIMED_OUT',
      slow: true,
    });
  });
});

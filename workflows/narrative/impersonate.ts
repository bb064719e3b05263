import {
  ActivityCancellationType,
  ActivityFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { FailureCode } from '../../domain/log/failures.js';
import { classifierQueue, summary } from '../../domain/turns/engine.js';
import { codeOf } from '../turns/steps.js';

/** Has the user's next message written. Returns why there is none. The text is in Postgres. */
export async function impersonate(input: { impersonationId: string }): Promise<{ code: FailureCode | null }> {
  try {
    await write()(input);
    return { code: null };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const isLate = error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
    return { code: isLate ? 'reply_timeout' : codeOf(error) };
  }
}

/** On the queue of classifiers, so that it takes no reply's slot. A person waits, for a minute at most. */
const write = () =>
  proxyActivities<Activities>({
    taskQueue: classifierQueue(workflowInfo().taskQueue),
    summary: summary('message for the user', null),
    startToCloseTimeout: '50 s',
    scheduleToCloseTimeout: '60 s',
    heartbeatTimeout: '3 s',
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { initialInterval: '500 ms', maximumInterval: '2 s' },
  }).impersonate;

import { ApplicationFailure, CancelledFailure, CompleteAsyncError, type Info } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { nameOfError } from '../../telemetry/log/describeError.js';
import type { Log } from '../../telemetry/log/log.js';

/**
 * Logs an error of an activity that is no failure with a code, and replaces it by a failure with the error's name. The
 * SDK would log, and Temporal would keep, its message and stack, which may quote a user or a model.
 */
export function reduceErrors(log: Pick<Log, 'warn'>): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          if (isSafe(error)) throw error;
          log.warn({ ...whereOf(info), err: error }, 'an activity failed');
          throw ApplicationFailure.create({ type: 'internal', message: `internal: ${nameOfError(error)}` });
        }
      },
    },
  });
}

/** Failures whose messages are codes or fixed words. The SDK treats an `AbortError` as a cancellation. */
const isSafe = (error: unknown): boolean =>
  error instanceof ApplicationFailure ||
  error instanceof CancelledFailure ||
  error instanceof CompleteAsyncError ||
  (error as { name?: unknown } | undefined)?.name === 'AbortError';

const whereOf = ({ activityType, workflowExecution, attempt }: Info) => ({
  activity: activityType,
  workflowId: workflowExecution?.workflowId,
  attempt,
});

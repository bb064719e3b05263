import { ApplicationFailure, CancelledFailure, CompleteAsyncError, type Info } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { nameOfError } from '../../telemetry/log/describeError.js';
import type { Log } from '../../telemetry/log/log.js';

/**
 * What activities throw that is no failure of ours is logged here, as errors are, and reduced to its name: the SDK
 * logs and Temporal keeps the whole message and stack, which may quote what a user or a model wrote.
 */
export function reduceErrors(log: Pick<Log, 'warn'>): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          if (isOurs(error)) throw error;
          log.warn({ ...whereOf(info), err: error }, 'an activity failed');
          throw ApplicationFailure.create({ type: 'internal', message: `internal: ${nameOfError(error)}` });
        }
      },
    },
  });
}

/** Their messages are codes, or fixed words. The SDK knows a cancellation also by `AbortError`. */
const isOurs = (error: unknown): boolean =>
  error instanceof ApplicationFailure ||
  error instanceof CancelledFailure ||
  error instanceof CompleteAsyncError ||
  (error as { name?: unknown } | undefined)?.name === 'AbortError';

const whereOf = ({ activityType, workflowExecution, attempt }: Info) => ({
  activity: activityType,
  workflowId: workflowExecution?.workflowId,
  attempt,
});

import { ApplicationFailure, asyncLocalStorage, CancelledFailure, type Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { handOver } from '../../activities/failure.js';
import type { Drain } from './drain.js';

/** As Temporal's own runtime names it: activities know it as the cause of a hand-over. */
const SHUTDOWN = 'WORKER_SHUTDOWN';

/**
 * Ends activities when the worker's drain is over. The runtime's own grace period is fixed when a worker is built,
 * and can't be cut short by a second request to stop: so the activities' contexts are cancelled from here.
 * Local activities are left alone: they are over within a second.
 */
export function handsOver(drain: Drain): ActivityInterceptorsFactory {
  return (context) => ({
    inbound: {
      execute(input, next) {
        if (context.info.isLocal) return next(input);
        const { leaving, stopListening } = createLeavingContext(context, drain);
        return asyncLocalStorage.run(leaving, async () => {
          try {
            return await next(input);
          } catch (error) {
            throw isHandedOver(error, leaving) ? handOver() : error;
          } finally {
            stopListening();
          }
        });
      },
    },
  });
}

/** The same context, whose cancellation also begins when it is time to hand over. */
function createLeavingContext(context: Context, drain: Drain) {
  const controller = new AbortController();
  const abort = (reason: unknown) => controller.abort(reason);
  const cancelled = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  cancelled.catch(() => undefined);
  context.cancelled.catch(abort);
  const leaving = Object.create(context, {
    cancelled: { value: cancelled },
    cancellationSignal: { value: controller.signal },
  }) as Context;
  return { leaving, stopListening: drain.onHandOver(() => abort(new CancelledFailure(SHUTDOWN))) };
}

/** What an activity throws that was cut off: by then its own failure says nothing. */
function isHandedOver(error: unknown, { cancellationSignal }: Context): boolean {
  const { reason } = cancellationSignal;
  const isLeaving = reason instanceof CancelledFailure && reason.message === SHUTDOWN;
  return isLeaving && !(error instanceof ApplicationFailure);
}

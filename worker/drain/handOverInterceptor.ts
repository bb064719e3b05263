import { ApplicationFailure, asyncLocalStorage, CancelledFailure, type Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { handOver } from '../../activities/failure.js';
import type { Drain } from './drain.js';

/** The message of the runtime's own cancellation at shutdown. Activities recognise a hand-over by it. */
const SHUTDOWN = 'WORKER_SHUTDOWN';

/**
 * Cancels activities when the worker hands over. The runtime's own grace period is fixed when a worker is built, and a
 * second request to stop can not shorten it; so the activities' contexts are cancelled here. Local activities are not
 * cancelled: they end within a second.
 */
export function handOverInterceptor(drain: Drain): ActivityInterceptorsFactory {
  return (context) => ({
    inbound: {
      execute(input, next) {
        if (context.info.isLocal) return next(input);
        const { cancellable, stopListening } = createCancellableContext(context, drain);
        return asyncLocalStorage.run(cancellable, async () => {
          try {
            return await next(input);
          } catch (error) {
            throw isHandedOver(error, cancellable) ? handOver() : error;
          } finally {
            stopListening();
          }
        });
      },
    },
  });
}

/** The same context, which is also cancelled when the worker hands over. */
function createCancellableContext(context: Context, drain: Drain) {
  const controller = new AbortController();
  const abort = (reason: unknown) => controller.abort(reason);
  const cancelled = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  cancelled.catch(() => undefined);
  context.cancelled.catch(abort);
  const cancellable = Object.create(context, {
    cancelled: { value: cancelled },
    cancellationSignal: { value: controller.signal },
  }) as Context;
  return { cancellable, stopListening: drain.onHandOver(() => abort(new CancelledFailure(SHUTDOWN))) };
}

/** Whether the activity ended because of the hand-over: then its own error is a consequence of the cancellation. */
function isHandedOver(error: unknown, { cancellationSignal }: Context): boolean {
  const { reason } = cancellationSignal;
  const isShutdown = reason instanceof CancelledFailure && reason.message === SHUTDOWN;
  return isShutdown && !(error instanceof ApplicationFailure);
}

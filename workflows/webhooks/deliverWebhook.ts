import { isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { webhooksQueue } from '../../domain/turns/engine.js';
import type { DeliveryKey } from '../../domain/webhooks/delivery.js';

export type DeliverWebhook = DeliveryKey & {
  /** For how long the delivery is retried, in milliseconds. */
  retriedForMs: number;
};

/** Delivers one event to one webhook. The webhook's receiver decides how long that takes. */
export async function deliverWebhook({ retriedForMs, ...key }: DeliverWebhook): Promise<{ outcome: string }> {
  try {
    return await attempts(retriedForMs).sendWebhook(key);
  } catch (error) {
    if (isCancellation(error)) throw error;
    await givingUp().giveUpWebhook(key);
    return { outcome: 'given_up' };
  }
}

/** Webhooks have a task queue of their own: slow receivers do not take the places of replies. */
const onWebhooksQueue = () => ({ taskQueue: webhooksQueue(workflowInfo().taskQueue) });

const attempts = (scheduleToCloseTimeout: number) =>
  proxyActivities<Activities>({
    ...onWebhooksQueue(),
    summary: 'webhook',
    startToCloseTimeout: '30 s',
    heartbeatTimeout: '3 s',
    scheduleToCloseTimeout,
    retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 h' },
  });

const givingUp = () =>
  proxyActivities<Activities>({
    ...onWebhooksQueue(),
    summary: 'give up',
    startToCloseTimeout: '10 s',
    retry: { initialInterval: '1 s', maximumInterval: '1 m' },
  });

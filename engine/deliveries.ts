import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { DELIVER_WEBHOOK_WORKFLOW, fairnessKey, startDetails, summary } from '../domain/turns/engine.js';
import { searchKey } from '../domain/turns/workflowStart.js';
import { type DeliveryKey, deliveryId, RETRIED_FOR_MS } from '../domain/webhooks/delivery.js';

const startDeadlineMs = 2_000;

/**
 * Starts the workflow that delivers an event to a webhook. Already started is success. Throws when Temporal does not take
 * it in time. `retriedForMs`: how long it is retried, a day if left out.
 */
export function createStartDelivery({ client, taskQueue }: { client: Client; taskQueue: string }) {
  return async (
    { owner, kind, ...key }: DeliveryKey & { owner: string; kind: string },
    retriedForMs = RETRIED_FOR_MS,
  ): Promise<void> => {
    const start = () =>
      client.workflow.start(DELIVER_WEBHOOK_WORKFLOW, {
        workflowId: deliveryId(key),
        taskQueue,
        args: [{ ...key, retriedForMs }],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        priority: { fairnessKey: fairnessKey(owner) },
        staticSummary: summary('webhook', kind),
        staticDetails: startDetails({ chatId: key.chatId, owner }),
        typedSearchAttributes: [
          { key: searchKey('ChatId'), value: key.chatId },
          { key: searchKey('Owner'), value: owner },
        ],
      });
    try {
      await client.withDeadline(Date.now() + startDeadlineMs, start);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
}

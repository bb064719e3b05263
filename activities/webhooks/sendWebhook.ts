import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Pool } from '../../db/core/pool.js';
import type { SealingKey } from '../../db/core/sealed.js';
import { countFailure, type Delivery, dropWebhook, endDelivery, readDelivery } from '../../db/webhooks/deliveries.js';
import { type DeliveryKey, deliveryBody, deliveryId, retryDelayMs } from '../../domain/webhooks/delivery.js';
import { postToOwner } from '../../lib/postToOwner.js';
import type { AllowedHost } from '../../lib/providerAddress.js';
import { withHeartbeats } from '../heartbeats.js';
import type { Telemetry } from '../telemetry.js';
import { signatureOf } from './signature.js';

export type WebhookDeps = {
  pool: Pool;
  /** Where webhooks may be beside public addresses, and what opens their secrets. */
  webhooks: { sealingKey: SealingKey | null; allowedHosts: readonly AllowedHost[] };
  telemetry: Pick<Telemetry, 'deliveryEnded'>;
};

/** `stopped`: the delivery had ended, or its webhook or its chat was deleted. `webhook_gone`: the receiver answered 410. */
export type Sent = { outcome: 'delivered' | 'webhook_gone' | 'stopped' };

/**
 * Makes one attempt to deliver an event to a webhook. Any answer but 2xx and 410 fails the attempt, and Temporal retries
 * it after a pause by the number of such failures. An attempt whose worker dies after the answer is repeated: receivers get an event at least once.
 */
export function createSendWebhook({ pool, webhooks, telemetry }: WebhookDeps) {
  return async (key: DeliveryKey): Promise<Sent> => {
    const delivery = await readDelivery(pool, webhooks.sealingKey, key);
    if (!delivery) return { outcome: 'stopped' };
    const answer = await withHeartbeats(() => post(key, delivery, webhooks.allowedHosts));
    if (answer.status !== null && answer.status >= 200 && answer.status < 300) {
      await endDelivery(pool, key);
      telemetry.deliveryEnded(key, { outcome: 'delivered' });
      return { outcome: 'delivered' };
    }
    if (answer.status === 410) {
      await dropWebhook(pool, key.webhookId);
      telemetry.deliveryEnded(key, { outcome: 'webhook_gone' });
      return { outcome: 'webhook_gone' };
    }
    telemetry.deliveryEnded(key, { outcome: 'failed', ...answer });
    const code = answer.status === null ? 'webhook_unreachable' : 'webhook_refused';
    throw ApplicationFailure.create({
      type: code,
      message: `${code}${answer.status ? `: ${answer.status}` : ''}`,
      // Not by Temporal's count of attempts: some of them got no place and sent nothing.
      nextRetryDelay: retryDelayMs(await countFailure(pool, key)),
    });
  };
}

type Answered = { status: number | null; cause?: unknown };

/** The status of the answer; null with a cause when there is none. */
async function post(key: DeliveryKey, delivery: Delivery, allowed: readonly AllowedHost[]): Promise<Answered> {
  const { url, secret, byOperator, failures, event } = delivery;
  if (secret === null) return { status: null, cause: new Error("the webhook's secret can not be opened") };
  const { cancellationSignal: signal } = Context.current();
  const body = deliveryBody(key, event, Buffer.byteLength);
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'durable-turns',
    'X-Webhook-Id': deliveryId(key),
    'X-Webhook-Attempt': String(failures + 1),
    'X-Signature': signatureOf(secret, body, Math.floor(Date.now() / 1_000)),
  };
  try {
    return { status: await postToOwner({ url, body, headers, addresses: { allowed, loopback: byOperator }, signal }) };
  } catch (cause) {
    signal.throwIfAborted();
    return { status: null, cause };
  }
}

/** Ends a delivery that was retried in vain for as long as it is retried. */
export function createGiveUpWebhook({ pool, telemetry }: WebhookDeps) {
  return async (key: DeliveryKey): Promise<void> => {
    await endDelivery(pool, key);
    telemetry.deliveryEnded(key, { outcome: 'given_up' });
  };
}

import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { OwnerOf } from '../../db/chats/ownerOf.js';
import type { DeliveryKey } from '../../domain/webhooks/delivery.js';
import { createPlaces, type Places } from '../../lib/places/places.js';
import type { Drain } from '../drain/drain.js';
import { createRetryPacer } from './retryPacer.js';

/** Activities that wait for a provider, a tool or a webhook. All others end within seconds and take no place. */
const takesPlace = new Set([
  'streamReply',
  'streamIteration',
  'askSubagent',
  'runTool',
  'classify',
  'summarizeScene',
  'titleChat',
  'impersonate',
  'sendWebhook',
]);

/** Requests to one webhook at once in this worker: a receiver that does not answer leaves places for others of its owner. */
const PER_WEBHOOK = 5;

/** The longest wait for a place, in milliseconds: shorter than any heartbeat timeout. */
const WAIT_MS = 2_000;
/**
 * After a longer wait, in milliseconds, the attempt begins with a heartbeat. Its own first one, two seconds later, would
 * miss the timeout: the next attempt would take over from one that runs.
 */
const SHORT_WAIT_MS = 200;
/** The longest delay before a task that got no place is retried, in milliseconds. */
const MAX_RETRY_DELAY_MS = 60_000;

/** Bounds of the time between two retries, in milliseconds. */
const RETRY_EVERY_MS = { min: 20, max: 500 };

/**
 * Shares a worker's places for long activities fairly between owners. A task whose owner has its share waits for up to
 * `WAIT_MS` in a slot of the SDK, if few others wait. Otherwise it returns to its task queue, so that tasks of other
 * owners behind it are dispatched. Returned tasks of an owner are retried twice as often as places become free for it, so
 * that one of them waits when the next place becomes free.
 */
export function fairPlaces(deps: { places: Places; drain: Drain; ownerOf: OwnerOf }): ActivityInterceptorsFactory {
  const ofWebhooks = createPlaces({ total: Number.MAX_SAFE_INTEGER, perOwner: PER_WEBHOOK, waiting: PER_WEBHOOK });
  const takePlace = takerOf(deps.places);
  const takeWebhook = takerOf(ofWebhooks);
  // Another worker takes the tasks that wait here.
  deps.drain.onDraining(() => {
    deps.places.close();
    ofWebhooks.close();
  });
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        if (info.isLocal || !takesPlace.has(info.activityType)) return next(input);
        const owner = info.priority?.fairnessKey || (await deps.ownerOf(input.args[0])) || '';
        const isWebhook = info.activityType === 'sendWebhook';
        const leave = isWebhook ? await takeWebhook((input.args[0] as DeliveryKey).webhookId) : () => undefined;
        try {
          const release = await takePlace(owner);
          try {
            return await next(input);
          } finally {
            release();
          }
        } finally {
          leave();
        }
      },
    },
  });
}

/** Takes places of owners, or of webhooks. Where there is none, the task returns to its queue: throws `no_place`. */
function takerOf(places: Places) {
  const { min, max } = RETRY_EVERY_MS;
  const everyMs = (owner: string) => Math.min(Math.max(places.releaseIntervalMs(owner) / 2, min), max);
  const retryDelay = createRetryPacer({ everyMs, leastMs: min, maxMs: MAX_RETRY_DELAY_MS });
  return async (owner: string) => {
    const { cancellationSignal: signal } = Context.current();
    const askedAt = performance.now();
    const taken = await places.take(owner, { signal, withinMs: WAIT_MS * (0.5 + Math.random() / 2) });
    if (taken === 'late') throw noPlace(retryDelay(owner));
    if (performance.now() - askedAt > SHORT_WAIT_MS) Context.current().heartbeat();
    return taken;
  };
}

/** The failure of an attempt that did not reach the provider or the tool: it does not count. */
const noPlace = (nextRetryDelay: number): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'no_place',
    message: 'no_place',
    nextRetryDelay,
    category: ApplicationFailureCategory.BENIGN,
  });

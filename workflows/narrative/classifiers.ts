import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { classifierQueue, fairnessKey, summary } from '../../domain/turns/engine.js';

const CLASSIFIER_TIMEOUT = '5 m';

/** The time for all attempts together, where the reply waits for the answer. */
export type Bounds = { withinAll?: '10 s' };

/**
 * Classifier calls have their own task queue, so that they never take a reply's slot, and owners share it fairly. The
 * activity counts the provider's failures, as for replies.
 */
export function classify(taskQueue: string, owner: string, what: string, names: string | null, bounds: Bounds = {}) {
  return proxyActivities<Activities>({
    taskQueue: classifierQueue(taskQueue),
    summary: summary(what, names),
    startToCloseTimeout: CLASSIFIER_TIMEOUT,
    ...(bounds.withinAll ? { scheduleToCloseTimeout: bounds.withinAll } : {}),
    heartbeatTimeout: '3 s',
    priority: { fairnessKey: fairnessKey(owner) },
    retry: { initialInterval: '200 ms', backoffCoefficient: 1.2, maximumInterval: '1 s' },
  }).classify;
}

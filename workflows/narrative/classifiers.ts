import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import { classifierQueue, fairnessKey, summary } from '../../domain/turns/engine.js';

const CLASSIFIER_TIMEOUT = '5 m';

/** How long a step waits for its answer, all attempts together, where something waits for it. */
export type Bounds = { patience?: '10 s' };

/**
 * Classifier calls have a task queue of their own, so that they never take a reply's slot; on it, owners share
 * fairly. Like a reply's, their attempts are counted by the activity, which knows the provider's from its own.
 */
export function classify(taskQueue: string, owner: string, what: string, names: string | null, bounds: Bounds = {}) {
  return proxyActivities<Activities>({
    taskQueue: classifierQueue(taskQueue),
    summary: summary(what, names),
    startToCloseTimeout: CLASSIFIER_TIMEOUT,
    ...(bounds.patience ? { scheduleToCloseTimeout: bounds.patience } : {}),
    heartbeatTimeout: '3 s',
    priority: { fairnessKey: fairnessKey(owner) },
    retry: { initialInterval: '200 ms', backoffCoefficient: 1.2, maximumInterval: '1 s' },
  }).classify;
}

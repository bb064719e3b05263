import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config.js';
import { classifierQueue } from '../domain/engine.js';
import { type Tracing, tracedBundle } from '../telemetry/tracing.js';

type TurnSizes = Pick<Config, 'TASK_QUEUE' | 'STREAM_CONCURRENCY' | 'WORKFLOW_BUNDLE' | 'WORKFLOW_CACHE'>;
type ClassifierSizes = Pick<Config, 'TASK_QUEUE' | 'CLASSIFIER_CONCURRENCY' | 'CLASSIFIERS_PER_SECOND'>;

type Traced = Tracing['worker'];

/**
 * Where the workflows are: a prebuilt bundle if there is one, else their source, bundled at start. Workflows that are
 * traced bring along what traces them, which each of them evaluates anew: that is a bundle of its own.
 */
function workflowSource(
  bundle: string | undefined,
  isTraced: boolean,
): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const codePath = bundle && isTraced ? tracedBundle(bundle) : bundle;
  if (codePath && (!isTraced || existsSync(codePath))) return { workflowBundle: { codePath } };
  const source = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  return { workflowsPath: existsSync(source) ? source : source.replace(/\.ts$/, '.js') };
}

/**
 * What decides how soon a dead worker is noticed, and how many replies stream at once. The longest of these
 * waits is what a viewer waits: heartbeat 3 s, workflow task 2 s, sticky queue 1 s.
 */
export function turnWorkerOptions(config: TurnSizes, traced: Traced): WorkerOptions {
  const source = workflowSource(config.WORKFLOW_BUNDLE, traced !== undefined);
  const { workflowModules = [], ...interceptors } = traced?.interceptors ?? {};
  return {
    taskQueue: config.TASK_QUEUE,
    ...source,
    // A bundle holds them already.
    interceptors: { ...interceptors, ...(source.workflowBundle ? {} : { workflowModules }) },
    ...(traced ? { sinks: traced.sinks } : {}),
    maxConcurrentActivityTaskExecutions: config.STREAM_CONCURRENCY,
    maxConcurrentLocalActivityExecutions: 100,
    maxConcurrentWorkflowTaskExecutions: 100,
    maxCachedWorkflows: config.WORKFLOW_CACHE,
    stickyQueueScheduleToStartTimeout: '1 s',
    ...noticing,
  };
}

/** Classifier calls: capped on their own, so that they never take a reply's slot. */
export function classifierWorkerOptions(config: ClassifierSizes, traced: Traced): WorkerOptions {
  const { activity = [] } = traced?.interceptors ?? {};
  return {
    interceptors: { activity },
    taskQueue: classifierQueue(config.TASK_QUEUE),
    maxConcurrentActivityTaskExecutions: config.CLASSIFIER_CONCURRENCY,
    ...(config.CLASSIFIERS_PER_SECOND ? { maxActivitiesPerSecond: config.CLASSIFIERS_PER_SECOND } : {}),
    ...noticing,
  };
}

const noticing = {
  maxHeartbeatThrottleInterval: '1 s',
  defaultHeartbeatThrottleInterval: '1 s',
  shutdownGraceTime: '100 ms',
  shutdownForceTime: '10 s',
} as const;

import type { WorkerOptions } from '@temporalio/worker';
import type { Config, WorkerRole } from '../config.js';
import type { OwnerOf } from '../db/chats/ownerOf.js';
import { classifierQueue, streamsQueue } from '../domain/turns/engine.js';
import type { Log } from '../telemetry/log/log.js';
import type { Tracing } from '../telemetry/tracing.js';
import type { Drain } from './drain/drain.js';
import { handsOver } from './drain/handOver.js';
import { reduceErrors } from './observability/reduceErrors.js';
import { fairPlaces } from './places/fairPlaces.js';
import { createPlaces, placeLimits } from './places/places.js';
import { type Build, workflowSource } from './workflowSource.js';

type Sizes = Pick<
  Config,
  | 'TASK_QUEUE'
  | 'STREAM_CONCURRENCY'
  | 'WORKFLOW_BUNDLE'
  | 'WORKFLOW_CACHE'
  | 'WORKER_ROLES'
  | 'CLASSIFIER_CONCURRENCY'
  | 'CLASSIFIERS_PER_SECOND'
  | 'WORKER_DRAIN_SECONDS'
>;

export type Runs = { traced: Tracing['worker']; drain: Drain; build: Build | null; ownerOf: OwnerOf; log: Log };

/** One worker of the SDK a role: each has a task queue of its own. */
export function workersOptions(config: Sizes, runs: Runs): WorkerOptions[] {
  return config.WORKER_ROLES.map((role) => optionsOf[role](config, runs));
}

const optionsOf: Record<WorkerRole, (config: Sizes, runs: Runs) => WorkerOptions> = {
  turns,
  streams: (config, runs) => ({
    ...activitiesOnly(config, runs, config.STREAM_CONCURRENCY),
    taskQueue: streamsQueue(config.TASK_QUEUE),
  }),
  classifiers: (config, runs) => ({
    ...activitiesOnly(config, runs, config.CLASSIFIER_CONCURRENCY),
    taskQueue: classifierQueue(config.TASK_QUEUE),
    ...(config.CLASSIFIERS_PER_SECOND ? { maxActivitiesPerSecond: config.CLASSIFIERS_PER_SECOND } : {}),
  }),
};

/**
 * Workflows and, unless streams have workers of their own, replies. What decides how soon a dead worker is noticed,
 * and how many replies stream at once. The longest of these waits is what a viewer waits: heartbeat 3 s, workflow
 * task 2 s, sticky queue 1 s.
 */
function turns(config: Sizes, runs: Runs): WorkerOptions {
  const { traced, build } = runs;
  const source = workflowSource(config.WORKFLOW_BUNDLE, traced !== undefined);
  const { workflowModules = [], activity: _, ...interceptors } = traced?.interceptors ?? {};
  const activities = activitiesOnly(config, runs, config.STREAM_CONCURRENCY);
  return {
    ...activities,
    taskQueue: config.TASK_QUEUE,
    ...source,
    interceptors: {
      ...interceptors,
      ...activities.interceptors,
      // A bundle holds them already.
      ...(source.workflowBundle ? {} : { workflowModules }),
    },
    ...(traced ? { sinks: traced.sinks } : {}),
    maxConcurrentLocalActivityExecutions: 100,
    // One thread runs them all: more at once are no faster, and on a worker that has just started each would take
    // longer than its timeout. After two of those the server waits for 5 s and more before it tries again.
    maxConcurrentWorkflowTaskExecutions: 10,
    maxCachedWorkflows: config.WORKFLOW_CACHE,
    workflowTaskPollerBehavior: polling,
    stickyQueueScheduleToStartTimeout: '1 s',
    ...(build ? { workerDeploymentOptions: pinnedTo(build) } : {}),
  };
}

/** A turn ends on the build that it began on. Queues of activities alone are of no build: any worker may take them. */
const pinnedTo = (version: Build) =>
  ({ version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' }) as const;

function activitiesOnly(config: Sizes, { traced, drain, ownerOf, log }: Runs, perOwner: number) {
  const { activity = [] } = traced?.interceptors ?? {};
  const limits = placeLimits(perOwner);
  const places = createPlaces(limits);
  return {
    ...noticing(config),
    interceptors: {
      activity: [
        reduceErrors(log),
        handsOver(drain),
        fairPlaces({ places, kept: limits.total - perOwner, drain, ownerOf }),
        ...activity,
      ],
    },
    maxConcurrentActivityTaskExecutions: limits.total,
  };
}

/**
 * Each open poll of a worker that is frozen or cut off swallows one task, for a minute, and a reply that is handed to
 * it is missed only after its heartbeat timeout. The SDK's default is ten polls a queue from the start.
 */
const polling = { type: 'autoscaling', minimum: 1, initial: 2, maximum: 10 } as const;

/** The runtime's own cancellation comes behind that of the drain, for what did not end by it. */
const noticing = ({ WORKER_DRAIN_SECONDS: drain }: Pick<Sizes, 'WORKER_DRAIN_SECONDS'>) => ({
  activityTaskPollerBehavior: polling,
  maxHeartbeatThrottleInterval: 1_000,
  defaultHeartbeatThrottleInterval: 1_000,
  shutdownGraceTime: (drain + 1) * 1_000,
});

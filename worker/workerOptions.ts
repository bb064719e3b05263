import type { WorkerOptions } from '@temporalio/worker';
import type { Config, WorkerRole } from '../config.js';
import type { OwnerOf } from '../db/chats/ownerOf.js';
import { classifierQueue, streamsQueue, webhooksQueue } from '../domain/turns/engine.js';
import { createPlaces, type PlaceLimits, placeLimits } from '../lib/places/places.js';
import type { Log } from '../telemetry/log/log.js';
import type { Tracing } from '../telemetry/tracing.js';
import type { Drain } from './drain/drain.js';
import { handOverInterceptor } from './drain/handOverInterceptor.js';
import { reduceErrors } from './observability/reduceErrors.js';
import { fairPlaces } from './places/fairPlaces.js';
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

/** The options of the SDK workers of each role. Each has its own task queue. */
export function workersOptions(config: Sizes, runs: Runs): WorkerOptions[] {
  return config.WORKER_ROLES.flatMap((role) => optionsOf[role](config, runs));
}

const optionsOf: Record<WorkerRole, (config: Sizes, runs: Runs) => WorkerOptions[]> = {
  turns: (config, runs) => [turns(config, runs), webhooks(config, runs)],
  streams: (config, runs) => [
    {
      ...activitiesOnly(config, runs, config.STREAM_CONCURRENCY),
      taskQueue: streamsQueue(config.TASK_QUEUE),
    },
  ],
  classifiers: (config, runs) => [
    {
      ...activitiesOnly(config, runs, config.CLASSIFIER_CONCURRENCY),
      taskQueue: classifierQueue(config.TASK_QUEUE),
      ...(config.CLASSIFIERS_PER_SECOND ? { maxActivitiesPerSecond: config.CLASSIFIERS_PER_SECOND } : {}),
    },
  ],
};

/** Requests to webhooks that run at once in this worker for one owner. Each takes 10 s at most. */
const WEBHOOKS_AT_ONCE = 20;

/** Deliveries to webhooks, beside the role of workflows: their own queue and places, and one poll while it is idle. */
const webhooks = (config: Sizes, runs: Runs): WorkerOptions => ({
  ...activitiesOnly(config, runs, WEBHOOKS_AT_ONCE),
  activityTaskPollerBehavior: { ...polling, initial: 1 },
  taskQueue: webhooksQueue(config.TASK_QUEUE),
});

/**
 * The role of workflows and, unless streams have their own workers, of replies. These timeouts decide how soon a dead
 * worker is noticed; a viewer waits for the longest of them: heartbeat 3 s, workflow task 2 s, sticky queue 1 s.
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
      // A prebuilt bundle contains them.
      ...(source.workflowBundle ? {} : { workflowModules }),
    },
    ...(traced ? { sinks: traced.sinks } : {}),
    maxConcurrentLocalActivityExecutions: 100,
    // One thread runs all workflow tasks. More at once are not faster: they wait here, where the tasks of an owner with
    // many turns come before another's. On a worker that has just started each would exceed its timeout; after two
    // timeouts the server waits at least 5 s before the next attempt.
    maxConcurrentWorkflowTaskExecutions: 4,
    maxCachedWorkflows: config.WORKFLOW_CACHE,
    workflowTaskPollerBehavior: polling,
    stickyQueueScheduleToStartTimeout: '1 s',
    ...(build ? { workerDeploymentOptions: pinnedTo(build) } : {}),
  };
}

/** Pins a turn to the build on which it began. Queues of activities alone are not versioned: any worker polls them. */
const pinnedTo = (version: Build) =>
  ({ version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' }) as const;

function activitiesOnly(config: Sizes, { traced, drain, ownerOf, log }: Runs, perOwner: number) {
  const { activity = [] } = traced?.interceptors ?? {};
  const limits = placeLimits(perOwner);
  const places = createPlaces(limits);
  return {
    ...timing(config),
    interceptors: {
      activity: [reduceErrors(log), handOverInterceptor(drain), fairPlaces({ places, drain, ownerOf }), ...activity],
    },
    maxConcurrentActivityTaskExecutions: slotsFor(limits),
  };
}

/**
 * A worker of few places leaves what it can't take in the queue, where the backlog is counted. A larger one has slots in
 * which nothing waits, so that tasks return to the queue without delay and those of other owners are reached.
 */
function slotsFor({ total, perOwner }: PlaceLimits): number {
  const reserved = total - perOwner;
  return reserved === 1 ? total : total + 2 * Math.max(8, reserved);
}

/**
 * Few polls at the start; the SDK's default is ten for each queue. Each open poll of a worker that is frozen or cut off
 * takes one task, which is lost until its timeout.
 */
const polling = { type: 'autoscaling', minimum: 1, initial: 2, maximum: 10 } as const;

/** The runtime cancels activities one second after the drain did, if they have not ended. */
const timing = ({ WORKER_DRAIN_SECONDS: drain }: Pick<Sizes, 'WORKER_DRAIN_SECONDS'>) => ({
  activityTaskPollerBehavior: polling,
  maxHeartbeatThrottleInterval: 1_000,
  defaultHeartbeatThrottleInterval: 1_000,
  shutdownGraceTime: (drain + 1) * 1_000,
});

import { type Connection, isGrpcServiceError } from '@temporalio/client';
import { readLivePollers, WORKFLOW_TASKS } from '../../engine/taskQueues.js';
import type { Build } from '../../worker/workflowSource.js';
import { poll } from '../processes/poll.js';
import { messageOf, StartFailure } from '../start/failure.js';

export type Deployed = {
  connection: Connection;
  namespace: string;
  taskQueue: string;
  build: Build;
  withinMs: number;
  say: (line: string) => void;
  signal: AbortSignal;
};

const NOT_FOUND = 5;
const CALL_MS = 10_000;

/**
 * Makes a build the current one of its deployment: new turns begin on it, and running turns end on the build on which
 * they began. Waits until workers of the build poll, except when no worker of the current build polls. Throws a
 * `StartFailure` after `withinMs`.
 */
export async function makeCurrent(deployed: Deployed): Promise<void> {
  const { build, say, signal, withinMs } = deployed;
  const { deploymentName, buildId } = build;
  const current = await readCurrent(deployed);
  if (current === buildId) return say(`Build ${buildId} is already the current one of deployment ${deploymentName}`);
  let hasReported = false;
  const tryOnce = async () => {
    const polling = await readPollingBuilds(deployed);
    const isReady = polling.has(buildId) || current === null || !polling.has(current);
    if (isReady) await setCurrent(deployed);
    else if (!hasReported) say(`Waiting until a worker of build ${buildId} polls ${deployed.taskQueue}`);
    hasReported = true;
    return isReady;
  };
  await poll(tryOnce, { everyMs: 500, withinMs, signal, late: (error) => tooLate(deployed, current, error) });
  say(`New turns begin on build ${buildId} of deployment ${deploymentName}; ${noteOnOldBuild(current)}`);
}

const noteOnOldBuild = (before: string | null) =>
  before ? `running turns end on build ${before}, whose workers must run until then` : 'it had no build before';

function tooLate({ build, taskQueue, withinMs }: Deployed, current: string | null, error: unknown): StartFailure {
  const stays = `Build ${current} stays the current one of deployment ${build.deploymentName}.`;
  if (error !== undefined) return new StartFailure(`${refusedMessage(error)} ${stays}`);
  return new StartFailure(
    `WORKER_DEPLOYMENT: no worker of build ${build.buildId} has polled ${taskQueue} within ${withinMs / 1_000} s. ${stays} Start workers of this build, with the same WORKER_DEPLOYMENT and WORKFLOW_BUNDLE, and run this again.`,
  );
}

const refusedMessage = (error: unknown) =>
  `WORKER_DEPLOYMENT: the Temporal server refuses it (${messageOf(error)}). Use a server from 1.29 on with Worker Deployments (system.enableDeploymentVersions), or unset WORKER_DEPLOYMENT.`;

const within = <T>({ connection }: Deployed, call: () => Promise<T>) =>
  connection.withDeadline(Date.now() + CALL_MS, call);

/** The id of the current build; null when there is none. */
async function readCurrent(deployed: Deployed): Promise<string | null> {
  const { connection, namespace, build } = deployed;
  try {
    const { workerDeploymentInfo } = await within(deployed, () =>
      connection.workflowService.describeWorkerDeployment({ namespace, deploymentName: build.deploymentName }),
    );
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? null;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return null;
    throw new StartFailure(refusedMessage(error));
  }
}

async function readPollingBuilds(deployed: Deployed): Promise<Set<string>> {
  const { connection, namespace, taskQueue, build } = deployed;
  const queue = { namespace, name: taskQueue, type: WORKFLOW_TASKS };
  const pollers = await within(deployed, () => readLivePollers(connection, queue));
  return new Set(
    pollers.flatMap(({ deploymentOptions }) =>
      deploymentOptions?.deploymentName === build.deploymentName && deploymentOptions?.buildId
        ? [deploymentOptions.buildId]
        : [],
    ),
  );
}

function setCurrent(deployed: Deployed): Promise<unknown> {
  const { connection, namespace, build } = deployed;
  return within(deployed, () =>
    connection.workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      ...build,
      identity: 'durable-turns prepare',
      // The caller has already checked that workers of the build poll.
      allowNoPollers: true,
      ignoreMissingTaskQueues: true,
    }),
  );
}

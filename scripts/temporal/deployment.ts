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
 * Makes a build the current one of its deployment: new turns begin on it, and those under way end on the one they
 * began on. Waits until workers of the build poll, unless no worker of the current build is left to run new turns:
 * then there is nothing to wait for.
 */
export async function makeCurrent(deployed: Deployed): Promise<void> {
  const { build, say, signal, withinMs } = deployed;
  const { deploymentName, buildId } = build;
  const current = await readCurrent(deployed);
  if (current === buildId) return say(`Build ${buildId} is the current one of deployment ${deploymentName} already`);
  let said = false;
  const tryOnce = async () => {
    const polling = await readPollingBuilds(deployed);
    const isReady = polling.has(buildId) || current === null || !polling.has(current);
    if (isReady) await setCurrent(deployed);
    else if (!said) say(`Waiting until a worker of build ${buildId} polls ${deployed.taskQueue}`);
    said = true;
    return isReady;
  };
  await poll(tryOnce, { everyMs: 500, withinMs, signal, late: (error) => tooLate(deployed, current, error) });
  say(`Turns begin on build ${buildId} of deployment ${deploymentName} from now on; ${leftOn(current)}`);
}

const leftOn = (before: string | null) =>
  before ? `those under way end on build ${before}, whose workers must run until then` : 'it had no build before';

function tooLate({ build, taskQueue, withinMs }: Deployed, current: string | null, error: unknown): StartFailure {
  const stays = `Build ${current} stays the current one of deployment ${build.deploymentName}.`;
  if (error !== undefined) return new StartFailure(`${notTaken(error)} ${stays}`);
  return new StartFailure(
    `WORKER_DEPLOYMENT: no worker of build ${build.buildId} has polled ${taskQueue} within ${withinMs / 1_000} s. ${stays} Start workers of this build, with the same WORKER_DEPLOYMENT and WORKFLOW_BUNDLE, and run this again.`,
  );
}

const notTaken = (error: unknown) =>
  `WORKER_DEPLOYMENT: the Temporal server does not take it (${messageOf(error)}). It needs Worker Deployments, as Temporal has them from 1.29 on (system.enableDeploymentVersions); or unset WORKER_DEPLOYMENT.`;

const within = <T>({ connection }: Deployed, call: () => Promise<T>) =>
  connection.withDeadline(Date.now() + CALL_MS, call);

/** The id of the build on which turns begin now; null when there is none. */
async function readCurrent(deployed: Deployed): Promise<string | null> {
  const { connection, namespace, build } = deployed;
  try {
    const { workerDeploymentInfo } = await within(deployed, () =>
      connection.workflowService.describeWorkerDeployment({ namespace, deploymentName: build.deploymentName }),
    );
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? null;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return null;
    throw new StartFailure(notTaken(error));
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
      // Whether workers of it poll was looked at before.
      allowNoPollers: true,
      ignoreMissingTaskQueues: true,
    }),
  );
}

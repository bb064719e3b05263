import type { Client } from '@temporalio/client';
import { workerRoles as roles, type WorkerRole } from '../../config.js';
import type { Pool } from '../../db/core/pool.js';
import { readOnlyReasonOfPool } from '../../db/core/readOnlyReason.js';
import { readRefused } from '../../db/reconciler/reconcilerState.js';
import { classifierQueue, streamsQueue } from '../../domain/turns/engine.js';
import type { ConnectedNamespace } from '../../engine/namespace.js';
import { ACTIVITY_TASKS, readLivePollers, type TaskQueue, WORKFLOW_TASKS } from '../../engine/taskQueues.js';
import type { WireHub } from '../../viewers/wire/wire.js';
import type { Checks } from './readiness.js';

const deadlineMs = 900;

/**
 * The checks of readiness: Postgres takes writes, Temporal answers, workers of every role poll and one is connected to this
 * gateway, and the reconciler refuses no turn.
 */
export function createProbes(deps: {
  pool: Pool;
  client: Client;
  namespace: Pick<ConnectedNamespace, 'read'>;
  taskQueue: string;
  hub: Pick<WireHub, 'connectedWorkers'>;
}): Checks {
  const { pool, client, taskQueue, hub } = deps;
  const { namespace } = client.options;
  const reconciler = () => reconcilerRefuses(pool, deps.namespace);
  const workflowService = client.connection.workflowService;
  const bounded = <T>(call: () => Promise<T>) => client.connection.withDeadline(Date.now() + deadlineMs, call);
  return {
    postgres: () => readOnlyReasonOfPool(pool, deadlineMs),
    reconciler,
    async temporal() {
      await bounded(() => workflowService.describeNamespace({ namespace }));
      return null;
    },
    async worker() {
      const polled = await bounded(() => Promise.all(roles.map(isPolled)));
      const missing = roles.filter((_, n) => !polled[n]);
      if (missing.length > 0) return `no worker polls for ${missing.map((role) => describe(role)).join(', ')}`;
      return hub.connectedWorkers() > 0 ? null : 'no worker is connected to this gateway';
    },
  };

  async function isPolled(role: WorkerRole): Promise<boolean> {
    const pollers = await readLivePollers(client.connection, { namespace, ...queueOf[role](taskQueue) });
    return pollers.length > 0;
  }

  function describe(role: WorkerRole): string {
    return `${role} (task queue ${queueOf[role](taskQueue).name})`;
  }
}

/** The task queue that a worker of this role polls. */
const queueOf: Record<WorkerRole, (taskQueue: string) => Pick<TaskQueue, 'name' | 'type'>> = {
  turns: (name) => ({ name, type: WORKFLOW_TASKS }),
  streams: (taskQueue) => ({ name: streamsQueue(taskQueue), type: ACTIVITY_TASKS }),
  classifiers: (taskQueue) => ({ name: classifierQueue(taskQueue), type: ACTIVITY_TASKS }),
};

/** Null without an answer from Temporal: then the check `temporal` fails. */
async function reconcilerRefuses(pool: Pool, namespace: Pick<ConnectedNamespace, 'read'>): Promise<string | null> {
  const here = await namespace.read().catch(() => null);
  if (!here) return null;
  const { elsewhere, missing } = await readRefused(pool, here.id);
  if (elsewhere > 0)
    return `${turns(elsewhere)} started in another Temporal namespace than the connected one; none is closed. Is TEMPORAL_ADDRESS right?`;
  if (missing > 0)
    return `${turns(missing)} not found in Temporal, too many at once; none is closed. Did Temporal lose its data?`;
  return null;
}

const turns = (count: number) => (count === 1 ? '1 turn was' : `${count} turns were`);

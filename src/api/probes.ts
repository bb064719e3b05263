import type { Client } from '@temporalio/client';
import { cannotWrite } from '../db/cannotWrite.js';
import type { Pool } from '../db/pool.js';
import type { WireHub } from '../viewers/wire.js';
import type { Checks } from './readiness.js';

const deadlineMs = 900;
/** A worker's poll is held open for a minute, so that a live one was heard of within little more. */
const pollerFreshMs = 70_000;

/** What the service can't do without: a Postgres that takes writes, Temporal, and a worker that polls and is on the wire. */
export function createProbes(deps: {
  pool: Pool;
  client: Client;
  taskQueue: string;
  hub: Pick<WireHub, 'connectedWorkers'>;
}): Checks {
  const { pool, client, taskQueue, hub } = deps;
  const { namespace } = client.options;
  const workflowService = client.connection.workflowService;
  const bounded = <T>(call: () => Promise<T>) => client.connection.withDeadline(Date.now() + deadlineMs, call);
  return {
    postgres: () => cannotWrite(pool, deadlineMs),
    async temporal() {
      await bounded(() => workflowService.describeNamespace({ namespace }));
      return null;
    },
    async worker() {
      const { pollers } = await bounded(() =>
        // 1: workflow tasks.
        workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 }),
      );
      const now = Date.now();
      const fresh = (pollers ?? []).some(({ lastAccessTime }) => {
        const at = Number(lastAccessTime?.seconds ?? 0) * 1_000;
        return now - at < pollerFreshMs;
      });
      if (!fresh) return `no worker polls the task queue ${taskQueue}`;
      return hub.connectedWorkers() > 0 ? null : 'no worker is connected to this gateway';
    },
  };
}

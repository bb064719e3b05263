import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { reconcileScheduleId } from '../../../domain/turns/engine.js';
import { createTestDatabase } from '../postgres/postgres.js';

export type SharedServers = {
  /** Settings of the service. */
  env: Record<string, string>;
  /** Once the service has ended. */
  release(): Promise<void>;
};

/**
 * A database and a task queue on the run's Postgres and Temporal, for a service whose test leaves the servers alone:
 * starting and running a pair for one service takes several seconds of processor time. Outside of a run there are no
 * settings, and the service starts its own servers.
 */
export async function useSharedServers(): Promise<SharedServers> {
  const { TEST_TEMPORAL_ADDRESS: address, TEST_TEMPORAL_UI: ui = '' } = process.env;
  if (!address) return { env: {}, release: async () => undefined };
  const database = await createTestDatabase();
  const taskQueue = `test-${randomUUID()}`;
  return {
    env: { DATABASE_URL: database.url, TEMPORAL_ADDRESS: address, TEMPORAL_UI_URL: ui, TASK_QUEUE: taskQueue },
    async release() {
      await deleteSchedule(address, taskQueue);
      await database.drop();
    },
  };
}

/** It would start a workflow every ten seconds that no worker takes. */
async function deleteSchedule(address: string, taskQueue: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 });
  try {
    await new Client({ connection }).schedule.getHandle(reconcileScheduleId(taskQueue)).delete();
  } finally {
    await connection.close();
  }
}

import type { Logger } from 'pino';
import { startApi } from '../../../api/server.js';
import { readConfig } from '../../../config.js';
import { createLog } from '../../../telemetry/log/log.js';
import { createTestDatabase, type TestDatabase } from '../postgres/postgres.js';
import { wireToken } from '../viewers/gateway.js';
import { createServiceClient, type ServiceClient } from '../viewers/serviceClient.js';

export type TestApi = {
  url: string;
  database: TestDatabase;
  client: ServiceClient;
  /** Stops the api as SIGTERM does; the database stays. */
  stop(graceMs?: number): Promise<void>;
  close(): Promise<void>;
};

/** The api on a database of its own, or on one that the test keeps, in this process. Its Temporal is the run's, without a worker. */
export async function startTestApi(
  options: { env?: Record<string, string>; temporal?: string; log?: Logger; database?: TestDatabase } = {},
): Promise<TestApi> {
  const database = options.database ?? (await createTestDatabase());
  const temporal = process.env.TEST_TEMPORAL_ADDRESS;
  if (!temporal) throw new Error('TEST_TEMPORAL_ADDRESS is not set: run this through the `integration` project');
  const config = readConfig({
    PORT: '0',
    TOKEN_SECRET: 'a-secret-of-tokens-under-test-0123456789',
    GATEWAY_TOKEN: wireToken,
    DATABASE_URL: database.url,
    DATABASE_POOL: '8',
    TEMPORAL_ADDRESS: options.temporal ?? temporal,
    TEMPORAL_UI_URL: 'http://127.0.0.1:8233',
    TASK_QUEUE: `nobody-polls-${database.url.slice(-12)}`,
    PAGE_DIR: process.env.TEST_PAGE_DIR,
    ...options.env,
  });
  const api = await startApi(
    { ...config, DATABASE_URL: config.DATABASE_URL ?? database.url },
    options.log ?? createLog('silent', 'api'),
  );
  let stopped: Promise<void> | undefined;
  const stop = (graceMs = 1_000) => {
    stopped ??= api.close(graceMs);
    return stopped;
  };
  return {
    url: api.url,
    database,
    client: createServiceClient(api.url),
    stop,
    async close() {
      await stop();
      if (!options.database) await database.drop();
    },
  };
}

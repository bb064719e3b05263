import type { Logger } from 'pino';
import { startApi } from '../../src/api/server.js';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { createClient, type ServiceClient } from './client.js';
import { createTestDatabase, type TestDatabase } from './postgres.js';

export type TestApi = {
  url: string;
  database: TestDatabase;
  client: ServiceClient;
  close(): Promise<void>;
};

/** The api on a database of its own, in this process. Its Temporal is the run's, where nobody works for it. */
export async function startTestApi(
  options: { env?: Record<string, string>; temporal?: string; log?: Logger } = {},
): Promise<TestApi> {
  const database = await createTestDatabase();
  const temporal = process.env.TEST_TEMPORAL_ADDRESS;
  if (!temporal) throw new Error('TEST_TEMPORAL_ADDRESS is not set: run this through the `integration` project');
  const config = readConfig({
    PORT: '0',
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
  return {
    url: api.url,
    database,
    client: createClient(api.url),
    async close() {
      await api.close(1_000);
      await database.drop();
    },
  };
}

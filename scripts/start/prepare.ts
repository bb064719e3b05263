import { parseArgs } from 'node:util';
import { type Config, ConfigError, readConfig } from '../../config.js';
import { migrate } from '../../db/core/migrate.js';
import { type Build, readBuild } from '../../worker/workflowSource.js';
import { databaseAnswers, databaseFits } from '../postgres/database.js';
import { poll } from '../processes/poll.js';
import { makeCurrent } from '../temporal/deployment.js';
import { checkOutsideTemporal, connectTemporal } from '../temporal/temporalConnection.js';
import { messageOf, StartFailure } from './failure.js';

/**
 * `prepare.ts [--only servers|build]`, for containers; `npm start` does the same by itself. It may run several times, also
 * at once.
 *
 * `servers`: prepares an outside Postgres and an outside Temporal before the api and workers start: migrations, namespace,
 * search attributes. `build`, with WORKER_DEPLOYMENT: makes this build the current one as soon as its workers poll.
 */
const withinMs = 120_000;
const { signal } = new AbortController();

async function prepare(only: string | undefined): Promise<void> {
  if (only !== undefined && only !== 'servers' && only !== 'build') {
    throw new ConfigError(`--only: must be servers or build, not ${only}`);
  }
  const config = readConfig();
  const { DATABASE_URL, TEMPORAL_ADDRESS } = config;
  if (!DATABASE_URL) throw new ConfigError('DATABASE_URL: must be set');
  if (!TEMPORAL_ADDRESS) throw new ConfigError('TEMPORAL_ADDRESS: must be set');
  const build = await readBuild(config);
  if (only !== 'build') {
    const urls = { url: DATABASE_URL, directUrl: config.DATABASE_DIRECT_URL };
    await retryUntilReady(() => databaseAnswers(urls));
    await databaseFits(urls);
    await migrate(urls.directUrl ?? urls.url, { log: console.log });
    await retryUntilReady(() => checkOutsideTemporal({ ...config, address: TEMPORAL_ADDRESS, createNamespace: true }));
    console.log('ready for api and workers');
  }
  if (only !== 'servers' && build) await promote(config, TEMPORAL_ADDRESS, build);
}

async function promote(config: Config, address: string, build: Build): Promise<void> {
  const connection = await connectTemporal({ ...config, address }, withinMs);
  try {
    const { TEMPORAL_NAMESPACE: namespace, TASK_QUEUE: taskQueue } = config;
    await makeCurrent({ connection, namespace, taskQueue, build, withinMs, say: console.log, signal });
  } finally {
    await connection.close();
  }
}

/** Repeats the check while servers start. Throws its last error after `withinMs`. */
async function retryUntilReady(check: () => Promise<void>): Promise<void> {
  await poll(() => check().then(() => true), {
    everyMs: 1_000,
    withinMs,
    signal,
    late: (error) => (error instanceof Error ? error : new StartFailure(messageOf(error))),
  });
}

try {
  await prepare(parseArgs({ options: { only: { type: 'string' } } }).values.only);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

import { ConfigError, readConfig } from '../../src/config.js';
import { migrate } from '../../src/db/migrate.js';
import { databaseAnswers, databaseFits } from './database.js';
import { messageOf, StartFailure } from './failure.js';
import { poll } from './poll.js';
import { checkOutsideTemporal } from './temporalConnection.js';

/**
 * Prepares a Postgres and a Temporal server that are not ours, before api and workers start on them: migrations,
 * namespace, search attributes. May run again, and beside another. For containers; `npm start` does it by itself.
 */
const withinMs = 120_000;

async function prepare(): Promise<void> {
  const config = readConfig();
  const { DATABASE_URL, TEMPORAL_ADDRESS } = config;
  if (!DATABASE_URL) throw new ConfigError('DATABASE_URL: must be set');
  if (!TEMPORAL_ADDRESS) throw new ConfigError('TEMPORAL_ADDRESS: must be set');
  const urls = { url: DATABASE_URL, directUrl: config.DATABASE_DIRECT_URL };
  await patiently(() => databaseAnswers(urls));
  await databaseFits(urls);
  await migrate(urls.directUrl ?? urls.url, { log: console.log });
  await patiently(() => checkOutsideTemporal({ ...config, address: TEMPORAL_ADDRESS, createNamespace: true }));
  console.log('ready for api and workers');
}

/** Servers that start beside us may take a while; what they last said is what is thrown. */
async function patiently(check: () => Promise<void>): Promise<void> {
  await poll(() => check().then(() => true), {
    everyMs: 1_000,
    withinMs,
    signal: new AbortController().signal,
    late: (error) => (error instanceof Error ? error : new StartFailure(messageOf(error))),
  });
}

try {
  await prepare();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

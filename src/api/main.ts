import { ConfigError, readConfig } from '../config.js';
import { createLog } from '../log.js';
import { startApi } from './server.js';

/** Answers that are under way get so long; a backend that hangs can't keep the process for longer than the other. */
const graceMs = 3_000;
const stopWithinMs = 6_000;

/** The api's process: stops in order on SIGTERM or SIGINT, exits with 1 when it can't start. */
async function main(): Promise<void> {
  const config = readConfig();
  const { DATABASE_URL } = config;
  if (!DATABASE_URL) throw new ConfigError('DATABASE_URL: must be set (npm start sets it for its own Postgres)');
  const log = createLog(config.LOG_LEVEL, 'api');
  const stopped = new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  const api = await startApi({ ...config, DATABASE_URL }, log);
  log.info({ url: api.url, keys: config.API_KEYS?.length ?? 0 }, 'the api listens');
  await stopped;
  log.info('the api stops');
  const late = setTimeout(() => {
    log.error('the api did not stop in time');
    process.exit(1);
  }, stopWithinMs);
  await api.close(graceMs);
  clearTimeout(late);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

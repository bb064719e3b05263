import { ConfigError, readConfig } from '../config.js';
import { createLog } from '../log.js';
import { installRuntime } from './temporalRuntime.js';
import { runWorker } from './worker.js';

/** The worker's process: stops in order on SIGTERM or SIGINT, exits with 1 when it can't go on. */
async function main(): Promise<void> {
  const config = readConfig();
  const { DATABASE_URL } = config;
  if (!DATABASE_URL) throw new ConfigError('DATABASE_URL: must be set (npm start sets it for its own Postgres)');
  const log = createLog(config.LOG_LEVEL, 'worker');
  installRuntime(log);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  try {
    await runWorker({ ...config, DATABASE_URL }, log, stopping.signal);
  } catch (err) {
    if (stopping.signal.aborted) return;
    log.fatal({ err }, 'the worker stopped');
    process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

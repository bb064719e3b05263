import { ConfigError, readServiceConfig, secretsOf } from '../config.js';
import { beginProcess } from '../telemetry/beginProcess.js';
import { createLog } from '../telemetry/log/log.js';
import { startApi } from './server.js';

/** Milliseconds for running requests to end, for the whole shutdown, and for the export of the last spans. */
const graceMs = 4_000;
const stopWithinMs = 9_500;
const lastSpansMs = 1_500;

/** The api's process. Stops in order on SIGTERM or SIGINT. Exits with 1 when it can't start or does not stop in time. */
async function main(): Promise<void> {
  const config = readServiceConfig();
  const { log, openTracing } = beginProcess('api', {
    level: config.LOG_LEVEL,
    secrets: secretsOf(config),
    database: { url: config.DATABASE_URL, directUrl: config.DATABASE_DIRECT_URL },
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const tracing = await openTracing();
  const stopped = new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  const api = await startApi(config, log, tracing);
  log.info({ url: api.url, keys: config.API_KEYS?.length ?? 0 }, 'the api listens');
  await stopped;
  log.info('the api stops');
  const late = setTimeout(() => {
    log.error('the api did not stop in time');
    process.exit(1);
  }, stopWithinMs);
  await api.close(graceMs);
  await tracing.close(lastSpansMs);
  clearTimeout(late);
  // An open connection to a collector or a Postgres that hangs would keep the process alive.
  process.exit(0);
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else createLog('info', 'api').fatal({ err: error }, 'the api could not start');
  process.exitCode = 1;
});

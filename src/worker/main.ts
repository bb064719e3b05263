import { ConfigError, readConfig, secretsOf } from '../config.js';
import { reportUnfitServer } from '../db/checkServer.js';
import { createLog } from '../log.js';
import { logCrashes } from '../logCrashes.js';
import { noTracing, openTracing } from '../telemetry/tracing.js';
import { installRuntime } from './temporalRuntime.js';
import { runWorker } from './worker.js';

/** Spans that are not sent yet get so long at the end. */
const lastSpansMs = 1_500;

/** The worker's process: stops in order on SIGTERM or SIGINT, exits with 1 when it can't go on. */
async function main(): Promise<void> {
  const config = readConfig();
  const { DATABASE_URL } = config;
  if (!DATABASE_URL) throw new ConfigError('DATABASE_URL: must be set (npm start sets it for its own Postgres)');
  let tracing = noTracing;
  const log = createLog(config.LOG_LEVEL, 'worker', { fields: () => tracing.fields(), secrets: secretsOf(config) });
  logCrashes(log);
  void reportUnfitServer({ url: DATABASE_URL, directUrl: config.DATABASE_DIRECT_URL }, (message) => {
    log.fatal(message);
    process.exit(1);
  });
  tracing = await openTracing({ endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT, process: 'worker', log });
  const coreMetrics = await installRuntime(log, { withMetrics: config.WORKER_METRICS_PORT !== undefined });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  try {
    await runWorker({ ...config, DATABASE_URL }, { log, tracing, coreMetrics, signal: stopping.signal });
  } catch (err) {
    if (stopping.signal.aborted) return;
    log.fatal({ err }, 'the worker stopped');
    process.exitCode = 1;
  } finally {
    // A collector that hangs holds its request, which would hold the process.
    if ((await tracing.close(lastSpansMs)) === 'late') process.exit();
  }
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else createLog('info', 'worker').fatal({ err: error }, 'the worker could not start');
  process.exitCode = 1;
});

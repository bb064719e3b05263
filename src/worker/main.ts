import { ConfigError, readConfig } from '../config.js';
import { createLog } from '../log.js';
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
  const log = createLog(config.LOG_LEVEL, 'worker', () => tracing.fields());
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
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

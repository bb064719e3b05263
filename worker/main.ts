import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigError, readConfig, secretsOf } from '../config.js';
import { reportUnfitServer } from '../db/core/checkServer.js';
import { createLog, type Log } from '../telemetry/log/log.js';
import { logCrashes } from '../telemetry/log/logCrashes.js';
import { noTracing, openTracing } from '../telemetry/tracing.js';
import { createDrain } from './drain/drain.js';
import { installRuntime } from './observability/temporalRuntime.js';
import { runWorker } from './worker.js';

/** Spans that are not sent yet get so long at the end. */
const lastSpansMs = 1_500;

/**
 * The worker's process. The first SIGTERM or SIGINT lets it drain, a second one hands over what it still runs. Exits
 * with 1 when it can't go on.
 */
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
  const drain = createDrain({ seconds: config.WORKER_DRAIN_SECONDS });
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      asked = true;
      drain.ask();
    });
  }
  drain.onDraining(() => {
    log.info({ seconds: config.WORKER_DRAIN_SECONDS }, 'the worker drains: it takes nothing new');
    tellLauncher(log);
  });
  drain.onHandOver(() => log.warn('the worker hands over what it still runs'));
  tracing = await openTracing({ endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT, process: 'worker', log });
  const coreMetrics = await installRuntime(log, { withMetrics: config.WORKER_METRICS_PORT !== undefined });
  try {
    await runWorker({ ...config, DATABASE_URL }, { log, tracing, coreMetrics, drain });
  } catch (err) {
    if (asked) log.info({ err }, 'the worker stopped before it had drained');
    else {
      log.fatal({ err }, 'the worker stopped');
      process.exitCode = 1;
    }
  } finally {
    await tracing.close(lastSpansMs);
    // Whatever still holds the process then, such as a collector that hangs, is not waited for.
    process.exit();
  }
}

/** `--drain-fd=N`: a launcher listens there, and starts the next worker beside this one. */
function tellLauncher(log: Log): void {
  const fd = parseArgs({ options: { 'drain-fd': { type: 'string' } }, strict: false }).values['drain-fd'];
  if (typeof fd !== 'string') return;
  try {
    writeSync(Number(fd), 'draining\n');
  } catch (err) {
    log.warn({ err }, 'the launcher could not be told that this worker drains');
  }
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else createLog('info', 'worker').fatal({ err: error }, 'the worker could not start');
  process.exitCode = 1;
});

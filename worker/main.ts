import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigError, readServiceConfig, secretsOf } from '../config.js';
import { beginProcess } from '../telemetry/beginProcess.js';
import { createLog, type Log } from '../telemetry/log/log.js';
import { createDrain } from './drain/drain.js';
import { installRuntime } from './observability/temporalRuntime.js';
import { runWorker } from './worker.js';
import { withoutStackTraces } from './workflowThread.js';

/** The longest wait for the export of the last spans, in milliseconds. */
const lastSpansMs = 1_500;

/**
 * The worker's process. At the first SIGTERM or SIGINT it drains; at the second it hands its activities over. Exits with
 * 1 when it fails.
 */
async function main(): Promise<void> {
  const config = readServiceConfig();
  const { log, openTracing } = beginProcess('worker', {
    level: config.LOG_LEVEL,
    secrets: secretsOf(config),
    database: { url: config.DATABASE_URL, directUrl: config.DATABASE_DIRECT_URL },
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const drain = createDrain({ seconds: config.WORKER_DRAIN_SECONDS });
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      isStopping = true;
      drain.stop();
    });
  }
  drain.onDraining(() => {
    log.info({ seconds: config.WORKER_DRAIN_SECONDS }, 'the worker drains: it takes no new tasks');
    notifyLauncher(log);
  });
  drain.onHandOver(() => log.warn('the worker hands over the activities that it still runs'));
  if (config.WORKFLOW_STACK_TRACES === 'off') withoutStackTraces();
  const tracing = await openTracing();
  const coreMetrics = await installRuntime(log, { withMetrics: config.WORKER_METRICS_PORT !== undefined });
  try {
    await runWorker(config, { log, tracing, coreMetrics, drain });
  } catch (err) {
    if (isStopping) log.info({ err }, 'the worker stopped before it had drained');
    else {
      log.fatal({ err }, 'the worker failed');
      process.exitCode = 1;
    }
  } finally {
    await tracing.close(lastSpansMs);
    // Open handles, such as a connection to a collector that hangs, must not keep the process alive.
    process.exit();
  }
}

/** `--drain-fd=N`: a launcher reads this file descriptor and starts the next worker when this one drains. */
function notifyLauncher(log: Log): void {
  const fd = parseArgs({ options: { 'drain-fd': { type: 'string' } }, strict: false }).values['drain-fd'];
  if (typeof fd !== 'string') return;
  try {
    writeSync(Number(fd), 'draining\n');
  } catch (err) {
    log.warn({ err }, 'the launcher could not be notified that this worker drains');
  }
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else createLog('info', 'worker').fatal({ err: error }, 'the worker could not start');
  process.exitCode = 1;
});

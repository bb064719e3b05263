import { createServer } from 'node:net';
import { makeTelemetryFilterString, Runtime, type RuntimeOptions } from '@temporalio/worker';
import { listen } from '../../lib/listen.js';
import type { Log } from '../../telemetry/log/log.js';
import { temporalLogger } from './temporalLogger.js';

/**
 * Installs Temporal's runtime: its log lines go through ours, and it handles no signals. With `withMetrics` it serves its
 * metrics on loopback; gives their URL, else null.
 */
export async function installRuntime(log: Log, { withMetrics }: { withMetrics: boolean }): Promise<string | null> {
  if (!withMetrics) {
    install(log, {});
    return null;
  }
  // The runtime can not pick a free port itself, and another program may take this one before it does.
  for (let tries = 1; ; tries++) {
    const bindAddress = `127.0.0.1:${await freePort()}`;
    try {
      install(log, { metrics: { metricPrefix, prometheus: { bindAddress, ...prometheusNames } } });
      return `http://${bindAddress}/metrics`;
    } catch (err) {
      if (tries === 3) throw err;
      log.debug({ err }, "the runtime's metrics can not be served on this port; trying another");
    }
  }
}

/** Seconds, and `_total` for counters, as of all other metrics. */
const prometheusNames = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };

/** All metrics of the service begin with `durable_turns_`; the SDK's own prefix would be `temporal_`. */
const metricPrefix = 'durable_turns_temporal_';

function install(log: Log, telemetry: Pick<NonNullable<RuntimeOptions['telemetryOptions']>, 'metrics'>): void {
  Runtime.install({
    logger: temporalLogger(log),
    telemetryOptions: {
      ...telemetry,
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    shutdownSignals: [],
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, { host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

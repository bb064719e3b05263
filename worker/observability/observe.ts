import type { Config } from '../../config.js';
import { onCommitted } from '../../db/core/committed.js';
import type { Pool } from '../../db/core/pool.js';
import type { ProviderFact } from '../../domain/providers/providerFact.js';
import { countCommitted } from '../../telemetry/committed.js';
import type { Log } from '../../telemetry/log/log.js';
import { serveMetrics, serveWithRetry } from '../../telemetry/metricsServer.js';
import { watchPool } from '../../telemetry/pool.js';
import { createRegistry } from '../../telemetry/registry.js';
import type { Tracing } from '../../telemetry/tracing.js';
import { createWorkerMetrics } from './metrics.js';
import { createReconcileTelemetry } from './reconcileTelemetry.js';
import { createTelemetry } from './telemetry.js';

export type Observed = {
  pool: Pool;
  log: Log;
  tracing: Tracing;
  /** The address of the runtime's own metrics; null without. */
  coreMetrics: string | null;
};

/** Sets up the metrics, logs and traces of this worker, and serves its metrics if a port is configured. */
export async function observeWorker(config: Config, { pool, log, tracing, coreMetrics }: Observed) {
  const registry = createRegistry();
  const metrics = createWorkerMetrics(registry, config);
  watchPool(registry, pool);
  onCommitted(pool, countCommitted(registry, log));
  const { WORKER_METRICS_HOST: host, WORKER_METRICS_PORT: port } = config;
  const serving =
    port === undefined
      ? null
      : serveWithRetry(() => serveMetrics(registry, { host, port, coreMetrics }, log), {
          log,
          setting: 'WORKER_METRICS_PORT',
        });
  return {
    telemetry: createTelemetry(metrics, log, tracing, createReconcileTelemetry(registry, log)),
    onCheckpoint: {
      failed: () => metrics.checkpointFailures.inc(),
      written: (seconds: number) => metrics.checkpointSeconds.observe(seconds),
    },
    onFact: (event: 'learned' | 'forgotten', { kind }: ProviderFact) => metrics.providerFacts.inc({ event, kind }),
    close: async () => serving?.close(),
  };
}

import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { type Config, isPooled } from '../config.js';
import { createPool } from '../db/pool.js';
import { publishTools } from '../db/tools.js';
import { createMcpTools } from '../llm/mcp.js';
import { createToolRegistry } from '../llm/tools/registry.js';
import { createRedisWire } from '../viewers/redisWire.js';
import { createSocketWire } from '../viewers/socketWire.js';
import { activityDeps } from './activityDeps.js';
import { untilReachable } from './connect.js';
import { type Observed, observeWorker } from './observe.js';
import { ensureReconcileSchedule } from './reconcileSchedule.js';
import { classifierWorkerOptions, turnWorkerOptions } from './workerOptions.js';

export type Surroundings = Pick<Observed, 'log' | 'tracing' | 'coreMetrics'> & { signal: AbortSignal };

/** Builds the worker from its configuration and runs it until the signal is aborted. */
export async function runWorker(
  config: Config & { DATABASE_URL: string },
  { log, tracing, coreMetrics, signal }: Surroundings,
): Promise<void> {
  const pool = createPool(config.DATABASE_URL, {
    max: config.DATABASE_POOL,
    pooled: isPooled(config),
    onError: (err) => log.warn({ err }, 'a Postgres connection was lost'),
  });
  const connection = await untilReachable('Temporal', () => NativeConnection.connect(connectionOptions(config)), {
    log,
    signal,
  });
  const interceptors = tracing.client ? { workflow: tracing.client } : {};
  const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE, interceptors });
  const wire = config.RELAY_URL
    ? createRedisWire({ url: config.RELAY_URL, log })
    : createSocketWire({ gatewayUrl: gatewayUrl(config), token: config.GATEWAY_TOKEN, log });
  const mcp = createMcpTools(config.MCP_SERVERS, { log, onListed: () => publish() });
  const tools = createToolRegistry({ outside: mcp });
  const publish = () =>
    publishTools(pool, tools.list).catch((err: unknown) => log.warn({ err }, 'the tools could not be listed'));
  const observed = await observeWorker(config, { pool, log, tracing, coreMetrics });
  try {
    // Servers may be slow to start; the built-in tools are there meanwhile.
    void publish().then(() => mcp.connect());
    const live = { pool, wire, log, client, tools, tracing, ...observed };
    const activities = createActivities(activityDeps(config, live));
    const shared = { connection, namespace: config.TEMPORAL_NAMESPACE, activities };
    const workers = [
      await Worker.create({ ...shared, ...turnWorkerOptions(config, tracing.worker) }),
      await Worker.create({ ...shared, ...classifierWorkerOptions(config, tracing.worker) }),
    ];
    await untilReachable('the schedule of the reconciler', () => ensureReconcileSchedule(client, config.TASK_QUEUE), {
      log,
      signal,
    });
    log.info({ taskQueue: config.TASK_QUEUE }, 'worker is ready');
    await runAll(workers, signal);
  } finally {
    await observed.close();
    await mcp.close();
    await wire.close();
    await connection.close();
    await pool.end();
  }
}

/** Runs them until the signal is aborted; one that fails takes the others with it. */
async function runAll(workers: Worker[], signal: AbortSignal): Promise<void> {
  const shutDown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  signal.addEventListener('abort', shutDown, { once: true });
  await Promise.all(workers.map((worker) => worker.run().finally(shutDown)));
}

const gatewayUrl = (config: Config) => config.GATEWAY_URL ?? `http://${config.HOST}:${config.PORT}`;

function connectionOptions(config: Config) {
  return {
    address: config.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
    ...(config.TEMPORAL_API_KEY ? { apiKey: config.TEMPORAL_API_KEY } : {}),
    ...(config.TEMPORAL_TLS || config.TEMPORAL_API_KEY ? { tls: true } : {}),
  };
}

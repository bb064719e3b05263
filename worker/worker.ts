import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { type Config, isPooled } from '../config.js';
import { createOwnerOf } from '../db/chats/ownerOf.js';
import { createPool } from '../db/core/pool.js';
import { onOutboxGrew } from '../db/webhooks/outbox.js';
import { createOutbox } from '../db/webhooks/startDeliveries.js';
import { connectionOptions } from '../engine/connection.js';
import { createStartDelivery } from '../engine/deliveries.js';
import { createConnectedNamespace } from '../engine/namespace.js';
import { within } from '../lib/within.js';
import type { Log } from '../telemetry/log/log.js';
import { createSocketWire } from '../viewers/wire/socketWire.js';
import type { Wire } from '../viewers/wire/wire.js';
import { activityDeps } from './activityDeps.js';
import type { Drain } from './drain/drain.js';
import { runUntilDrained } from './drain/runUntilDrained.js';
import { type Observed, observeWorker } from './observability/observe.js';
import { openTools } from './openTools.js';
import { ensureReconcileSchedule } from './reconcileSchedule.js';
import { untilReachable } from './untilReachable.js';
import { workersOptions } from './workerOptions.js';
import { readBuild } from './workflowSource.js';

export type WorkerContext = Pick<Observed, 'log' | 'tracing' | 'coreMetrics'> & { drain: Drain };

/** The longest that one connection may take to close, in milliseconds. Nothing uses them any more at that point. */
const CLOSE_WITHIN_MS = 3_000;

/** Builds the worker from its configuration and runs it until it has drained. Throws when it fails. */
export async function runWorker(
  config: Config & { DATABASE_URL: string },
  { log, tracing, coreMetrics, drain }: WorkerContext,
): Promise<void> {
  const build = await readBuild(config);
  const starting = new AbortController();
  drain.onDraining(() => starting.abort());
  const waiting = { log, signal: starting.signal };
  const pool = createPool(config.DATABASE_URL, {
    max: config.DATABASE_POOL,
    pooled: isPooled(config),
    onError: (err) => log.warn({ err }, 'a Postgres connection was lost'),
  });
  const connection = await untilReachable(
    'Temporal',
    () => NativeConnection.connect(connectionOptions(config)),
    waiting,
  );
  const interceptors = tracing.client ? { workflow: tracing.client } : {};
  const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE, interceptors });
  const wire = await openWire(config, log);
  const { tools, close: closeTools } = await openTools(config, { pool, log });
  const observed = await observeWorker(config, { pool, log, tracing, coreMetrics });
  const outbox = createOutbox(pool, createStartDelivery({ client, taskQueue: config.TASK_QUEUE }), (err) =>
    log.warn({ err }, 'deliveries to webhooks could not be started; the reconciler starts them'),
  );
  onOutboxGrew(pool, outbox.grew);
  try {
    const namespace = createConnectedNamespace(client);
    await untilReachable('the Temporal namespace', namespace.read, waiting);
    const live = { pool, wire, log, client, namespace, tools, tracing, ...observed };
    const activities = createActivities(activityDeps(config, live));
    const shared = { connection, namespace: config.TEMPORAL_NAMESPACE, activities };
    const workers: Worker[] = [];
    const ownerOf = createOwnerOf(pool, (err) => log.debug({ err }, "a task's owner could not be read"));
    for (const options of workersOptions(config, { traced: tracing.worker, drain, build, ownerOf, log })) {
      workers.push(await Worker.create({ ...shared, ...options }));
    }
    await untilReachable(
      'the schedule of the reconciler',
      () => ensureReconcileSchedule(client, config.TASK_QUEUE),
      waiting,
    );
    log.info({ taskQueue: config.TASK_QUEUE, roles: config.WORKER_ROLES, ...build }, 'worker is ready');
    await runUntilDrained(workers, drain);
  } finally {
    // The wire and the checkpoints' pool stay open until the last stream has ended.
    for (const close of [
      outbox.close,
      observed.close,
      closeTools,
      wire.close,
      () => connection.close(),
      () => pool.end(),
    ]) {
      const late = () => new Error(`not closed within ${CLOSE_WITHIN_MS} ms`);
      // A connection that hangs must not keep the others open.
      await within(CLOSE_WITHIN_MS, Promise.resolve(close()), late).catch((err: unknown) =>
        log.debug({ err }, 'a connection did not close in order'),
      );
    }
  }
}

/** Redis' client is loaded only where there is a Redis: loading it is a tenth of the worker's start. */
async function openWire(config: Config, log: Log): Promise<Wire> {
  if (!config.RELAY_URL) return createSocketWire({ gatewayUrl: gatewayUrl(config), token: config.GATEWAY_TOKEN, log });
  const { createRedisWire } = await import('../viewers/wire/redisWire.js');
  return createRedisWire({ url: config.RELAY_URL, log });
}

const gatewayUrl = (config: Config) => config.GATEWAY_URL ?? `http://${config.HOST}:${config.PORT}`;

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { ConfigError, readConfig } from '../config.js';
import { createPool, type Pool } from '../db/core/pool.js';
import { type Accepted, acceptNamespace } from '../db/reconciler/acceptNamespace.js';
import { readNamespacesOfTurns, readRefused } from '../db/reconciler/reconcilerState.js';
import type { TurnWorkflows } from '../db/reconciler/reconcileTurn.js';
import { connectionOptions } from '../engine/connection.js';
import { createConnectedNamespace } from '../engine/namespace.js';
import { createTurnEngine, reconcilerCalls } from '../engine/turnEngine.js';
import { dataDirAt } from './start/dataDir.js';
import { messageOf } from './start/failure.js';

/**
 * `npm run reconcile`: lists the Temporal namespaces of the turns that have not ended, and the turns that the reconciler
 * refuses to close. `--accept-namespace` closes the turns whose workflow is not in the connected namespace; with
 * `--restart` too they run again. Exits with 1 when turns remain.
 */
const deadline = { deadlineMs: 5_000 };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { 'accept-namespace': { type: 'boolean', default: false }, restart: { type: 'boolean', default: false } },
  });
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readConfig();
  const run = await dataDirAt(resolve(config.DATA_DIR)).readRun();
  const databaseUrl = config.DATABASE_URL ?? run?.databaseUrl;
  const address = config.TEMPORAL_ADDRESS ?? run?.temporalAddress;
  if (!databaseUrl) throw new ConfigError('DATABASE_URL: must be set, unless the service runs here (npm start)');
  if (!address) throw new ConfigError('TEMPORAL_ADDRESS: must be set, unless the service runs here (npm start)');
  const connection = await Connection.connect(connectionOptions({ ...config, TEMPORAL_ADDRESS: address }));
  const pool = createPool(databaseUrl, { max: 8 });
  try {
    const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });
    const workflows = workflowsOf(client, config.TASK_QUEUE);
    if (!values['accept-namespace']) return await report(pool, workflows);
    const onFailed = (turnId: string, error: unknown) => console.error(`${turnId}: ${messageOf(error)}`);
    const lost = values.restart ? 'restart' : 'close';
    return printResult(await acceptNamespace({ pool, workflows, model: config.NARRATIVE_MODEL }, { lost, onFailed }));
  } finally {
    await pool.end();
    await connection.close();
  }
}

function workflowsOf(client: Client, taskQueue: string): TurnWorkflows {
  const engine = createTurnEngine({ client, taskQueue });
  return {
    namespace: createConnectedNamespace(client).read,
    start: (turn) => engine.start(turn, deadline),
    ...reconcilerCalls(engine, deadline),
  };
}

async function report(pool: Pool, workflows: TurnWorkflows): Promise<number> {
  const here = await workflows.namespace();
  console.log(`Connected to the namespace ${here.name}, ${here.id} (cluster ${here.clusterId ?? 'unknown'}).`);
  for (const { id, name, lastSeenAt, turns } of await readNamespacesOfTurns(pool)) {
    if (id === here.id) console.log(`${turns} turns that have not ended were started in it.`);
    else if (id === null) console.log(`${turns} turns that have not ended have no workflow yet.`);
    else
      console.log(
        `${turns} turns that have not ended were started in another: ${name ?? 'unknown'}, ${id}, last seen ${lastSeenAt?.toISOString() ?? 'never'}.`,
      );
  }
  const { elsewhere, missing } = await readRefused(pool, here.id);
  if (elsewhere + missing === 0) return 0;
  if (missing > 0) console.log(`${missing} turns were not found in it by the last pass, which is too many at once.`);
  console.log('None of them is closed. If TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE are wrong, correct them.');
  console.log('If their workflows are lost for good: npm run reconcile -- --accept-namespace [--restart]');
  return 1;
}

function printResult({ found, started, closed, failed }: Accepted): number {
  console.log(`${found} turns run here, ${started} were started, ${closed} were closed with their text so far.`);
  if (failed > 0) console.log(`${failed} could not be reconciled: run this again.`);
  return failed > 0 ? 1 : 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);

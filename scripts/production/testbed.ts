import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { createClient } from '../../client/src/index.js';
import { readConfig } from '../../config.js';
import { createPool } from '../../db/core/pool.js';
import { mentioning } from '../../test/support/service/processes.js';
import { until } from '../../test/support/until.js';
import { check } from '../chaos/checks/check.js';
import { startChaosProvider } from '../chaos/provider/provider.js';
import type { Pace } from '../chaos/provider/script.js';
import type { Report } from '../chaos/report/report.js';
import { type CheckedTestbed, toolServer } from '../chaos/testbed.js';
import { nodeCommand } from '../processes/nodeCommand.js';
import { sendSignal } from '../processes/processes.js';
import { runCommand } from '../processes/runCommand.js';
import { startBalancer } from './balancer.js';
import { buildCurrent, buildPrevious, type ServiceBuild } from './builds.js';
import { createPlace, type Place } from './fleet.js';
import { tieFolder } from './lifeline.js';
import { type ProductionServers, startProductionServers } from './servers.js';

/** Two apis behind a balancer and two workers, on the servers of a production. */
export type ProductionTestbed = CheckedTestbed & {
  production: ProductionServers;
  apis: Place[];
  workers: Place[];
  current: ServiceBuild;
  previous: ServiceBuild | null;
};

type Options = {
  pace: Pace;
  /** Null: without the previous version. */
  previous: { rev?: string } | null;
  say: (line: string) => void;
  signal: AbortSignal;
};

/** Opens a testbed, uses it and closes it. A process that remains is a breach. */
export async function withProduction(
  options: Options,
  use: (testbed: ProductionTestbed) => Promise<Report>,
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-production-'));
  // Postgres may run as another user.
  await chmod(folder, 0o711);
  // Every temporary folder of this run is in one, so that what remains of it is found.
  process.env.TMPDIR = folder;
  const cut = tieFolder(folder);
  const closing: (() => Promise<unknown>)[] = [];
  const left = check('processes that remained');
  let report: Report;
  try {
    report = await use(await openTestbed(folder, options, closing));
  } finally {
    options.say('stopping');
    for (const end of closing.reverse())
      await end().catch((error: unknown) => options.say(`closing: ${String(error)}`));
    cut();
    left.record(folder, await killRemaining(folder));
    await rm(folder, { recursive: true, force: true });
  }
  return { ...report, checks: [...report.checks, left.done()] };
}

async function openTestbed(
  folder: string,
  { pace, previous, say, signal }: Options,
  closing: (() => Promise<unknown>)[],
): Promise<ProductionTestbed> {
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  const logs = join(folder, 'logs');
  await mkdir(logs);
  const building = { folder, cacheDir, say, signal };
  const current = await buildCurrent(building);
  const earlier = previous && (await buildPrevious(previous.rev, building));
  const provider = await startChaosProvider(pace);
  closing.push(provider.close);
  const production = await startProductionServers({ folder, logs, cacheDir, say, signal });
  closing.push(production.close);
  const toolCalls = join(folder, 'toolCalls');
  const env = settings(production, provider.faultProxy.port, toolCalls);
  await prepare(env, signal);
  const at = (role: 'api' | 'worker') => [1, 2].map((n) => createPlace(role, n, { env, logs }));
  const [apis, workers] = await Promise.all([Promise.all(at('api')), Promise.all(at('worker'))]);
  closing.push(() => Promise.all([...workers, ...apis].map((place) => place.stop('SIGTERM'))));
  const balancer = await startBalancer(apis.map(({ port }) => port));
  closing.push(balancer.close);
  const pool = createPool(production.postgres.url, { max: 6, connectTimeoutMs: 5_000 });
  closing.push(() => pool.end());
  const connection = await Connection.connect({ address: production.temporal.address });
  closing.push(() => connection.close());
  const client = createClient({ baseUrl: balancer.url, timeoutMs: 10_000 });
  return {
    folder,
    service: { dataDir: folder, output: () => '' },
    servers: { folder: join(folder, 'servers') },
    provider,
    client,
    direct: client,
    base: balancer.url,
    pool,
    temporal: new TemporalClient({ connection, namespace: env.TEMPORAL_NAMESPACE ?? '' }),
    toolCalls,
    production,
    apis,
    workers,
    current,
    previous: earlier,
    close: () => Promise.resolve([]),
  };
}

function settings(
  { postgres, pooler, redis, temporal }: ProductionServers,
  providerPort: number,
  toolCalls: string,
): Record<string, string> {
  return {
    DATABASE_URL: pooler.url,
    DATABASE_DIRECT_URL: postgres.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: 'chats',
    RELAY_URL: redis.url,
    GATEWAY_TOKEN: randomBytes(16).toString('hex'),
    TOKEN_SECRET: randomBytes(32).toString('hex'),
    OPENAI_BASE_URL: `http://127.0.0.1:${providerPort}/v1`,
    OPENAI_API_KEY: 'sk-production',
    UPSTREAM_BASE_URL: `http://127.0.0.1:${providerPort}/base`,
    REPLY_SILENCE_MS: '5000',
    STUCK_RETRY_INITIAL_MS: '100',
    WORKER_DRAIN_SECONDS: '20',
    REQUESTS_PER_MINUTE: '1000000',
    MCP_SERVERS: JSON.stringify([toolServer(toolCalls)]),
  };
}

/** As the containers do before api and workers start: migrations, the namespace, search attributes. */
async function prepare(env: Record<string, string>, signal: AbortSignal): Promise<void> {
  const command = nodeCommand('scripts/start/prepare.ts', '--only', 'servers');
  await runCommand({ ...command, env: { ...process.env, ...env } }, { signal, withinMs: 180_000 });
}

const goneWithinMs = 5_000;

async function killRemaining(folder: string): Promise<string[]> {
  const none = async () => (mentioning(folder).length === 0 ? true : null);
  await until('every process has ended', none, goneWithinMs).catch(() => undefined);
  const left = mentioning(folder);
  for (const { pid } of left) sendSignal(pid, 'SIGKILL');
  return left.map(({ pid, command }) => `${pid} ${command.slice(0, 200)}`);
}

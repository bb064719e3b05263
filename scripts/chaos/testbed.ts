import { setMaxListeners } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, Client as TemporalClient } from '@temporalio/client';
import { type Client, createClient } from '../../client/src/index.js';
import { readConfig } from '../../config.js';
import { createPool, type Pool } from '../../db/core/pool.js';
import { freePort } from '../../test/support/service/freePort.js';
import { mentioning } from '../../test/support/service/processes.js';
import { type Service, startService } from '../../test/support/service/service.js';
import { until } from '../../test/support/until.js';
import { sendSignal } from '../processes/processes.js';
import { check } from './checks/check.js';
import { findToxiproxy } from './infrastructure/findToxiproxy.js';
import { type LinkName, type Proxies, startProxies } from './infrastructure/proxies.js';
import { type Servers, startServers } from './infrastructure/servers.js';
import { type ChaosProvider, startChaosProvider } from './provider/provider.js';
import type { Pace } from './provider/script.js';
import type { Report } from './report/report.js';

/** A service with its servers, proxies and provider, and connections to each part that bypass the proxies. */
export type Testbed = {
  folder: string;
  service: Service;
  servers: Servers;
  proxies: Proxies;
  provider: ChaosProvider;
  /** A client through the proxy. */
  client: Client;
  /** A client directly to the api. */
  direct: Client;
  base: string;
  /** Directly to Postgres. */
  pool: Pool;
  /** Directly to Temporal. */
  temporal: TemporalClient;
  /** The file in which the tool server writes a line for each call. */
  toolCalls: string;
  /** Stops everything. Kills and gives the processes that still ran. */
  close(): Promise<string[]>;
};

/** What traffic and checks need of a testbed, whatever its servers are. */
export type CheckedTestbed = Omit<Testbed, 'service' | 'servers' | 'proxies'> & {
  service: Pick<Service, 'dataDir' | 'output'>;
  servers: Pick<Servers, 'folder'>;
};

type TestbedOptions = {
  api: 'chat' | 'responses';
  pace: Pace;
  env?: Record<string, string>;
  say: (line: string) => void;
  signal: AbortSignal;
};

/** The silence timeout. Short, because silence is one of the faults. */
const silenceMs = 5_000;

/** Opens a testbed, uses it and closes it. A process that remains is a breach. */
export async function withTestbed(
  options: TestbedOptions,
  use: (testbed: Testbed) => Promise<Report>,
): Promise<Report> {
  const testbed = await openTestbed(options);
  const left = check('processes that remained');
  let report: Report;
  try {
    report = await use(testbed);
  } finally {
    options.say('stopping');
    left.record(testbed.folder, await testbed.close());
  }
  return { ...report, checks: [...report.checks, left.done()] };
}

async function openTestbed({ api, pace, env = {}, say, signal }: TestbedOptions): Promise<Testbed> {
  setMaxListeners(0, signal);
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-chaos-'));
  // Postgres may run as another user, which has to read the preloaded library.
  await chmod(folder, 0o711);
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.reverse().splice(0)) {
      await end().catch((error: unknown) => say(`closing: ${String(error)}`));
    }
    const left = await killRemaining(folder);
    await rm(folder, { recursive: true, force: true });
    return left;
  };
  try {
    const provider = await startChaosProvider(pace);
    closing.push(provider.close);
    const config = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
    const binary = await findToxiproxy({ cacheDir: config.cacheDir, path: process.env.PATH ?? '', say, signal });
    say('starting Postgres and Temporal');
    const servers = await startServers(join(folder, 'servers'), signal);
    closing.push(servers.stop);
    if ('missing' in servers.slowDisk) say(`no slow fsync: ${servers.slowDisk.missing}`);
    const apiPort = await freePort();
    const proxies = await startProxies(
      { binary, folder, events: servers.events, signal },
      {
        postgres: servers.postgresPort,
        temporal: servers.temporalPort,
        gateway: apiPort,
        provider: provider.faultProxy.port,
        upstream: provider.faultProxy.port,
        api: apiPort,
      },
    );
    await servers.guardToo(proxies.child);
    signal.throwIfAborted();
    say('starting the service');
    const toolCalls = join(folder, 'toolCalls');
    const at = (link: LinkName) => `127.0.0.1:${proxies.links[link].port}`;
    await mkdir(join(folder, 'service'));
    const service = await startService({
      dataDir: join(folder, 'service'),
      env: {
        PORT: String(apiPort),
        DATABASE_URL: Object.assign(new URL(servers.databaseUrl), { host: at('postgres') }).toString(),
        TEMPORAL_ADDRESS: at('temporal'),
        GATEWAY_URL: `http://${at('gateway')}`,
        OPENAI_BASE_URL: `http://${at('provider')}/v1`,
        OPENAI_API_KEY: 'sk-chaos',
        UPSTREAM_BASE_URL: `http://${at('upstream')}/base`,
        PROVIDER_API: api,
        REPLY_SILENCE_MS: String(silenceMs),
        STUCK_RETRY_INITIAL_MS: '100',
        REQUESTS_PER_MINUTE: '1000000',
        MCP_SERVERS: JSON.stringify([toolServer(toolCalls)]),
        ...env,
      },
    });
    closing.push(() => service.stop());
    const pool = createPool(servers.databaseUrl, { max: 6, connectTimeoutMs: 5_000 });
    closing.push(() => pool.end());
    const connection = await Connection.connect({ address: `127.0.0.1:${servers.temporalPort}` });
    closing.push(() => connection.close());
    const base = `http://${at('api')}`;
    return {
      folder,
      service,
      servers,
      proxies,
      provider,
      client: createClient({ baseUrl: base, timeoutMs: 10_000 }),
      direct: createClient({ baseUrl: service.api, timeoutMs: 10_000 }),
      base,
      pool,
      temporal: new TemporalClient({ connection }),
      toolCalls,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const goneWithinMs = 5_000;

/** Waits for the guards, which end shortly after their launcher, and kills the processes that remain. */
async function killRemaining(folder: string): Promise<string[]> {
  const none = async () => (mentioning(folder).length === 0 ? true : null);
  await until('every process has ended', none, goneWithinMs).catch(() => undefined);
  const left = mentioning(folder);
  for (const { pid } of left) sendSignal(pid, 'SIGKILL');
  return left.map(({ pid, command }) => `${pid} ${command.slice(0, 200)}`);
}

/** An MCP server that writes a line to the file for each call. */
export const toolServer = (file: string) => ({
  name: 'tools',
  transport: 'stdio',
  command: process.execPath,
  args: ['--import', 'tsx', join(process.cwd(), 'test/support/provider/tools/toolServer.ts'), file],
});

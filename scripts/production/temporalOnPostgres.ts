import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../test/support/service/freePort.js';
import { runCommand } from '../processes/runCommand.js';
import { temporalReady } from '../temporal/temporalConnection.js';
import type { TemporalPrograms } from './findTemporalServer.js';
import { type LoggedProcess, startLogged } from './loggedProcess.js';

export type ProductionTemporal = {
  address: string;
  pid(): number;
  /** Resolves when the server accepts calls for its namespaces. */
  start(): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
};

type Options = { programs: TemporalPrograms; postgresUrl: string; folder: string; logs: string; signal: AbortSignal };

const databases = { temporal: 'temporal', visibility: 'temporal_visibility' };

/**
 * A Temporal server with all four of its services in one process, on a Postgres, as in docker-compose.yml: the same
 * schema, the same dynamic configuration.
 */
export async function openTemporalOnPostgres(options: Options): Promise<ProductionTemporal> {
  const { programs, folder, logs, signal } = options;
  await createSchemas(options);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  await mkdir(folder, { recursive: true });
  const [settings, dynamic] = [join(folder, 'settings.yaml'), join(folder, 'dynamic.yaml')];
  await writeFile(dynamic, await dynamicConfiguration());
  await writeFile(settings, stringify(await configuration(options, port, dynamic)));
  let running: LoggedProcess | null = null;
  const args = ['--config-file', settings, '--allow-no-auth', 'start'];
  return {
    address,
    pid: () => running?.pid ?? 0,
    async start() {
      running = startLogged({ file: programs.server, args, env: process.env, log: join(logs, 'temporal.log') });
      await Promise.race([running.failed, temporalReady(address, 'temporal-system', signal)]);
    },
    async stop(how) {
      await running?.stop(how);
    },
  };
}

/** The commands of the service `temporal-schema` in docker-compose.yml. */
async function createSchemas({ programs, postgresUrl, signal }: Options): Promise<void> {
  const { hostname, port, username, password } = new URL(postgresUrl);
  const to = ['--plugin', 'postgres12', '--ep', hostname, '-p', port, '-u', username];
  const env = { ...process.env, SQL_PASSWORD: decodeURIComponent(password) };
  for (const [schema, database] of Object.entries(databases)) {
    const sql = (...args: string[]) =>
      runCommand(
        { file: programs.sqlTool, args: [...to, '--db', database, ...args], env },
        { signal, withinMs: 120_000 },
      );
    await sql('create');
    await sql('setup-schema', '-v', '0.0');
    await sql('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

/** What the compose file gives its Temporal server. */
async function dynamicConfiguration(): Promise<string> {
  const compose = parse(await readFile('docker-compose.yml', 'utf8')) as {
    configs: { temporal: { content: string } };
  };
  return compose.configs.temporal.content;
}

async function configuration({ postgresUrl }: Options, port: number, dynamic: string) {
  const { host, username, password } = new URL(postgresUrl);
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: host,
      connectProtocol: 'tcp',
      user: username,
      password: decodeURIComponent(password),
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const rpc = async (grpcPort?: number) => ({
    rpc: { grpcPort: grpcPort ?? (await freePort()), membershipPort: await freePort(), bindOnLocalHost: true },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      // The image's default. It can't be changed later.
      numHistoryShards: 4,
      datastores: { default: store(databases.temporal, 20), visibility: store(databases.visibility, 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: { frontend: await rpc(port), matching: await rpc(), history: await rpc(), worker: await rpc() },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${port}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: `127.0.0.1:${port}` },
    dynamicConfigClient: { filepath: dynamic, pollInterval: '60s' },
  };
}

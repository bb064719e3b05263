import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { databaseReady, embeddedUrl } from '../../../scripts/postgres/database.js';
import { openCluster } from '../../../scripts/postgres/postgresCluster.js';
import { freePort } from '../service/freePort.js';
import { copyPostgresTemplate } from './postgresTemplate.js';

/** A Postgres of the test's own, for what would disturb the tests beside it: shutdowns, settings of the server. */
export type ScratchPostgres = {
  url: string;
  /** Runs a statement as the superuser, on a connection of its own. */
  run(statement: string): Promise<pg.QueryResult>;
  /** Sets a setting of the running server. */
  set(name: string, value: string): Promise<void>;
  /** SIGTERM is a smart shutdown, SIGINT a fast one, SIGQUIT an immediate one, as after a crash. */
  stop(signal: NodeJS.Signals): Promise<void>;
  /** Serves the same data on the same port; resolves when it answers, or at once. */
  start(when?: 'answers' | 'spawned'): Promise<void>;
  dispose(): Promise<void>;
};

const stopWithinMs = 15_000;

/** `settings` are given on the server's command line, such as `max_connections=10`. */
export async function startScratchPostgres(settings: string[] = []): Promise<ScratchPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'durable-turns-scratch-'));
  const signal = AbortSignal.timeout(120_000);
  await copyPostgresTemplate(dataDir);
  const cluster = await openCluster({ dataDir, say: () => undefined, signal });
  const port = await freePort();
  const url = embeddedUrl(port, cluster.password);
  let child: ChildProcess | null = null;

  const scratch: ScratchPostgres = {
    url,
    async run(statement) {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return await client.query(statement);
      } finally {
        await client.end();
      }
    },
    async set(name, value) {
      await scratch.run(`alter system set ${name} = ${value}`);
      await scratch.run('select pg_reload_conf()');
    },
    async stop(how) {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(stopWithinMs) });
      child.kill(how);
      await gone;
    },
    async start(when = 'answers') {
      const { file, args, ...how } = cluster.serve(port);
      child = spawn(file, [...args, ...settings.flatMap((each) => ['-c', each])], { ...how, stdio: 'ignore' });
      if (when === 'answers') await databaseReady(port, cluster.password, AbortSignal.timeout(60_000));
    },
    async dispose() {
      await scratch.stop('SIGINT').finally(() => child?.kill('SIGKILL'));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  await scratch.start();
  return scratch;
}

import { isPooled } from '../../config.js';
import { openLog } from '../processes/childLog.js';
import { freePort } from '../processes/ports.js';
import { logOf, type StartContext, startChild, untilListening } from '../start/context.js';
import { databaseAnswers, databaseFits, databaseReady, embeddedUrl } from './database.js';
import { openCluster } from './postgresCluster.js';

const defaultPort = 5432;

/** Uses the configured database or starts an embedded Postgres. Gives its URL. */
export async function startPostgres(context: StartContext): Promise<string> {
  const { config, say } = context;
  if (config.DATABASE_URL) {
    const urls = { url: config.DATABASE_URL, directUrl: config.DATABASE_DIRECT_URL };
    await databaseAnswers(urls);
    await databaseFits(urls);
    say(`Postgres: DATABASE_URL${isPooled(config) ? ', through a pooler' : ''}`);
    return config.DATABASE_URL;
  }
  const { url, port, folder } = await startEmbeddedPostgres(context, [context.ports.postgres, defaultPort]);
  say(`Postgres: 127.0.0.1:${port}, data in ${folder}`);
  return url;
}

/** Starts an embedded Postgres on the first free one of these ports, else on any, with `env` in its environment. */
export async function startEmbeddedPostgres(
  context: StartContext,
  wantedPorts: (number | undefined)[],
  env: Record<string, string> = {},
): Promise<{ url: string; port: number; folder: string }> {
  const { dataDir, say, signal } = context;
  const cluster = await openCluster({ dataDir: dataDir.path, say, signal });
  let port = 0;
  await startChild(
    context,
    'postgres',
    {
      command: () => {
        const command = cluster.serve(port);
        return { ...command, env: { ...command.env, ...env } };
      },
      ready: async (pid, gone) => {
        await untilListening(pid, port, gone);
        await databaseReady(port, cluster.password, gone);
      },
      output: { file: openLog(logOf(dataDir, 'postgres')) },
      // A fast shutdown: open transactions are rolled back, then everything is written.
      stopSignal: 'SIGINT',
      graceMs: 15_000,
    },
    async () => {
      port = await freePort(wantedPorts, '127.0.0.1');
      context.ports.postgres = port;
      return [port];
    },
  );
  return { url: embeddedUrl(port, cluster.password), port, folder: cluster.folder };
}

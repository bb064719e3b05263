import { isPooled } from '../../config.js';
import { openLog } from '../processes/childLog.js';
import { freePort } from '../processes/ports.js';
import { logOf, type StartContext, startChild, untilListening } from '../start/context.js';
import { databaseAnswers, databaseFits, databaseReady, embeddedUrl } from './database.js';
import { openCluster } from './postgresCluster.js';

const usualPort = 5432;

/** The database to use: the one that is configured, or a Postgres of our own. Gives its URL. */
export async function startPostgres(context: StartContext): Promise<string> {
  const { config, dataDir, ports, say, signal } = context;
  if (config.DATABASE_URL) {
    const urls = { url: config.DATABASE_URL, directUrl: config.DATABASE_DIRECT_URL };
    await databaseAnswers(urls);
    await databaseFits(urls);
    say(`Postgres: the one of DATABASE_URL${isPooled(config) ? ', through a pooler' : ''}`);
    return config.DATABASE_URL;
  }
  const cluster = await openCluster({ dataDir: dataDir.path, say, signal });
  let port = usualPort;
  await startChild(
    context,
    'postgres',
    {
      command: () => cluster.serve(port),
      ready: async (pid, gone) => {
        await untilListening(pid, port, gone);
        await databaseReady(port, cluster.password, gone);
      },
      output: { file: openLog(logOf(dataDir, 'postgres')) },
      // A fast shutdown: open transactions are rolled back, then all is written.
      stopSignal: 'SIGINT',
      graceMs: 15_000,
    },
    async () => {
      port = await freePort([ports.postgres, usualPort], '127.0.0.1');
      ports.postgres = port;
      return [port];
    },
  );
  say(`Postgres: 127.0.0.1:${port}, data in ${cluster.folder}`);
  return embeddedUrl(port, cluster.password);
}

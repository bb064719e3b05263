import pg from 'pg';
import { checkServer, type ServerUrls, UnfitServer } from '../../db/core/checkServer.js';
import { poll } from '../processes/poll.js';
import { messageOf, StartFailure } from '../start/failure.js';

const databaseName = 'durable_turns';

export function embeddedUrl(port: number, password: string, database = databaseName): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
}

/** Waits until the embedded Postgres answers, which may have to recover first, and creates the database if needed. */
export async function databaseReady(port: number, password: string, signal: AbortSignal): Promise<void> {
  await poll(
    async () => {
      await withClient(embeddedUrl(port, password, 'postgres'), async (client) => {
        const { rowCount } = await client.query('select from pg_database where datname = $1', [databaseName]);
        if (rowCount === 0) await client.query(`create database ${databaseName}`);
      });
      return true;
    },
    { everyMs: 50, withinMs: 120_000, signal, late: (e) => new Error(`Postgres did not answer: ${messageOf(e)}`) },
  );
}

/** Throws a `StartFailure` unless an outside database answers. Such a failure may be temporary. */
export async function databaseAnswers({ url, directUrl = url }: ServerUrls): Promise<void> {
  const settings = { DATABASE_URL: url, ...(directUrl === url ? {} : { DATABASE_DIRECT_URL: directUrl }) };
  for (const [setting, each] of Object.entries(settings)) {
    try {
      await withClient(each, (client) => client.query('select 1'));
    } catch (error) {
      throw new StartFailure(describeFailure(setting, each, error));
    }
  }
}

/** Throws a `StartFailure` unless the service can run on the database. An operator has to act on such a failure. */
export async function databaseFits(urls: ServerUrls): Promise<void> {
  try {
    await checkServer(urls);
  } catch (error) {
    if (error instanceof UnfitServer) throw new StartFailure(error.message);
    throw error;
  }
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
  // An idle connection that breaks emits only this event. A query on it fails by itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function describeFailure(setting: string, url: string, error: unknown): string {
  const { hostname, port, pathname, username } = new URL(url);
  const server = `${hostname}:${port || 5432}`;
  const database = decodeURIComponent(pathname.slice(1));
  const code = (error as { code?: string }).code;
  if (code === '28P01' || code === '28000') {
    return `${setting}: Postgres at ${server} refuses the user ${username} (${messageOf(error)}). Correct the user or the password in the URL.`;
  }
  if (code === '3D000') {
    return `${setting}: Postgres at ${server} has no database ${database}. Create it (createdb ${database}), or name another one.`;
  }
  return `${setting}: no Postgres can be reached at ${server} (${messageOf(error)}). Start it or correct the URL, or unset ${setting} to start an embedded Postgres on this machine.`;
}

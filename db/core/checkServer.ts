import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { sessionSettings } from './pool.js';

/** The server answers, but the service can't run on it. The message is one line that says what to do. */
export class UnfitServer extends Error {
  override readonly name = 'UnfitServer';
  constructor(
    readonly code: 'postgres_too_old' | 'transaction_pooler',
    message: string,
  ) {
    super(message);
  }
}

/** The key of effects in the log is `unique nulls not distinct`, which Postgres has since version 15. */
export const MIN_POSTGRES = 15;

export type ServerUrls = { url: string; directUrl?: string | undefined };

const CONNECT_WITHIN_MS = 2_000;
const NOTIFIED_WITHIN_MS = 1_000;

/**
 * Checks the server that LISTEN and migrations use; without a pooler it is the server of all queries. Throws
 * `UnfitServer` when its version is too old or when it is a pooler in transaction mode. Any other error means that the
 * server is unavailable.
 */
export async function checkServer(urls: ServerUrls): Promise<void> {
  const pooled = urls.directUrl !== undefined && urls.directUrl !== urls.url;
  const setting = pooled ? 'DATABASE_DIRECT_URL' : 'DATABASE_URL';
  const url = urls.directUrl ?? urls.url;
  // A pool behind a pooler does not send these parameters.
  const options = pooled ? {} : sessionSettings();
  const place = `${setting}: ${placeOf(url)}`;
  await withClient(url, options, place, async (client) => {
    const { rows } = await client.query<{ version: string; number: number; pid: number }>(
      `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number,
         pg_backend_pid() as pid`,
    );
    const { version = '', number = 0, pid } = rows[0] ?? {};
    const refusal = versionRefusal(number, version);
    if (refusal) throw new UnfitServer('postgres_too_old', `${place} ${refusal}`);
    // A pooler sends its clients process ids of its own. Equal ids mean a direct connection.
    if ((client as pg.Client & { processID?: number }).processID === pid) return;
    if (await keepsSession(client, url, options, place)) return;
    throw poolerRefused(place, 'is a connection pooler in transaction mode (PgBouncer: pool_mode = transaction)');
  });
}

/** Checks the server while a process starts. Reports one that is unfit; ignores one that is unavailable. */
export async function reportUnfitServer(urls: ServerUrls, report: (message: string) => void): Promise<void> {
  try {
    await checkServer(urls);
  } catch (error) {
    if (error instanceof UnfitServer) report(error.message);
  }
}

/** Why a version is too old, as the end of a sentence. Null when it is supported. `number` is `server_version_num`. */
export function versionRefusal(number: number, version: string): string | null {
  if (number >= MIN_POSTGRES * 10_000) return null;
  return `is Postgres ${version}. Postgres ${MIN_POSTGRES} or newer is needed: upgrade it, or unset DATABASE_URL for an embedded one.`;
}

/** Tries out whether a client that listens receives a notification. Behind a transaction pooler it does not. */
async function keepsSession(client: pg.Client, url: string, options: object, place: string): Promise<boolean> {
  const channel = `check_${randomUUID().replaceAll('-', '')}`;
  let timer: NodeJS.Timeout | undefined;
  const notified = new Promise<boolean>((resolve) => {
    client.on('notification', () => resolve(true));
    timer = setTimeout(() => resolve(false), NOTIFIED_WITHIN_MS);
  });
  await client.query(`listen ${channel}`);
  await withClient(url, options, place, (other) => other.query('select pg_notify($1, $2)', [channel, '']));
  const kept = await notified;
  clearTimeout(timer);
  return kept;
}

const refusedParameter = /unsupported startup parameter[^:]*: (\w+)/i;

async function withClient(
  url: string,
  options: object,
  place: string,
  use: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: CONNECT_WITHIN_MS,
    ...options,
  });
  // Without this listener, a connection that breaks while idle would end the process. Its next query fails too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } catch (error) {
    const parameter = refusedParameter.exec(error instanceof Error ? error.message : '')?.[1];
    if (parameter)
      throw poolerRefused(place, `is a connection pooler (PgBouncer) that refuses the startup parameter ${parameter}`);
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const poolerRefused = (place: string, what: string) =>
  new UnfitServer(
    'transaction_pooler',
    `${place} ${what}. Set DATABASE_DIRECT_URL to a URL of Postgres itself, for LISTEN and migrations; DATABASE_URL may then stay.`,
  );

/** Host and port of a URL, without its password. */
function placeOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 5432}`;
}

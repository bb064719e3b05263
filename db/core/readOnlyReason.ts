import type pg from 'pg';
import type { Pool } from './pool.js';

type Queryable = { query(statement: pg.QueryConfig & { query_timeout?: number }): Promise<pg.QueryResult> };

/**
 * Reads why the server accepts no writes: it is a standby, or a primary that was made read-only. Null when it accepts
 * writes. `withinMs` bounds the query, in milliseconds. Throws the query's error.
 */
export async function readOnlyReason(client: Queryable, withinMs?: number): Promise<string | null> {
  const { rows } = await client.query({
    text: `select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as "readOnly"`,
    ...(withinMs === undefined ? {} : { query_timeout: withinMs }),
  });
  if (rows[0]?.standby) return 'takes no writes: it is a standby';
  return rows[0]?.readOnly ? 'takes no writes: it is read-only' : null;
}

/** Has the SQLSTATE on which the pool drops its idle connections to this server. */
class ReadOnlyServer extends Error {
  override readonly name = 'ReadOnlyServer';
  readonly code = '25006';
}

/**
 * Reads why the pool's server accepts no writes. Null when it accepts them. Connections to a read-only server are
 * dropped: after a failover, new ones may reach another server. Throws when the server does not answer.
 */
export async function readOnlyReasonOfPool(pool: Pool, withinMs: number): Promise<string | null> {
  const client = await pool.connect();
  // A connection that breaks while it is checked out emits 'error'. The query in flight rejects with the same error.
  const ignore = () => {};
  client.on('error', ignore);
  let unfit: Error | undefined;
  try {
    const why = await readOnlyReason(client, withinMs);
    if (why) unfit = new ReadOnlyServer(why);
    return why;
  } catch (error) {
    unfit = error as Error;
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(unfit);
  }
}

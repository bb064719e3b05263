import type pg from 'pg';
import type { Pool } from './pool.js';

type Asked = { query(statement: pg.QueryConfig & { query_timeout?: number }): Promise<pg.QueryResult> };

/** Says why the server takes no writes: a standby, or a primary that was made read-only. Null when it takes them. */
export async function whyNoWrites(client: Asked, withinMs?: number): Promise<string | null> {
  const { rows } = await client.query({
    text: `select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as "readOnly"`,
    ...(withinMs === undefined ? {} : { query_timeout: withinMs }),
  });
  if (rows[0]?.standby) return 'takes no writes: it is a standby';
  return rows[0]?.readOnly ? 'takes no writes: it is read-only' : null;
}

/** In the form that the pool knows: it gives up its connections to this server. */
class TakesNoWrites extends Error {
  override readonly name = 'TakesNoWrites';
  readonly code = '25006';
}

/**
 * Says why the pool's server takes no writes, or null. The connections to one that takes none are given up: after a
 * failover the next ones may lead to another server.
 */
export async function cannotWrite(pool: Pool, withinMs: number): Promise<string | null> {
  const client = await pool.connect();
  // One that breaks while checked out emits 'error'; the query in flight rejects and carries it.
  const ignore = () => {};
  client.on('error', ignore);
  let unfit: Error | undefined;
  try {
    const why = await whyNoWrites(client, withinMs);
    if (why) unfit = new TakesNoWrites(why);
    return why;
  } catch (error) {
    unfit = error as Error;
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(unfit);
  }
}

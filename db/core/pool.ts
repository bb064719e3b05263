import pg from 'pg';
import { PreparingClient, TrackingClient } from './client.js';
import { breaksConnection, whyUnavailable } from './unavailable.js';

/** Anything that runs a query: the pool, or a client in a transaction. */
export type Db = Pick<pg.Pool, 'query'>;
export type Tx = pg.PoolClient;
export type Pool = pg.Pool;

const INT8 = 20;

export type PoolOptions = {
  max: number;
  /** Called when an idle connection is lost; the pool replaces it by itself. */
  onError?: (error: Error) => void;
  /** Milliseconds a statement may run. */
  statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection. */
  connectTimeoutMs?: number;
  /**
   * Whether a pooler in transaction mode is in between: a connection is then another server process for each
   * transaction, so that nothing is set for a session and no statement is prepared by name.
   */
  pooled?: boolean;
};

const STATEMENT_TIMEOUT_MS = 15_000;
const IDLE_IN_TRANSACTION_MS = 15_000;

/** What is asked of the server at the start of each connection. */
export const sessionSettings = (statementTimeoutMs = STATEMENT_TIMEOUT_MS) => ({
  statement_timeout: statementTimeoutMs,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
});

export function createPool(url: string, options: PoolOptions): Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: url,
    ...(options.pooled ? {} : sessionSettings(statementTimeoutMs)),
    Client: options.pooled ? TrackingClient : PreparingClient,
    // Statements of a transaction that don't wait for each other's rows go out together, and are answered in turn.
    ...{ pipeline: true },
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2_000,
    // A server that is frozen never answers, and enforces no timeout of its own.
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) =>
        oid === INT8 ? (value: string) => Number(value) : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  begins.set(pool, options.pooled ? pooledBegin(statementTimeoutMs) : 'begin');
  dropIdleWithServer(pool);
  pool.on('error', (error) => {
    if (!(error instanceof UnusableServer)) options.onError?.(error);
  });
  return pool;
}

const begins = new WeakMap<Pool, string>();

const pooledBegin = (statementTimeoutMs: number) =>
  `begin; set local statement_timeout = ${statementTimeoutMs}; set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;

/** An idle connection is dropped because another one found that its server is gone or can't write. */
class UnusableServer extends Error {
  override readonly name = 'UnusableServer';
}

/** After a failover every idle connection leads to the old server: the first that fails takes the others along. */
function dropIdleWithServer(pool: Pool): void {
  const idle = new Set<Tx>();
  pool.on('acquire', (client) => void idle.delete(client));
  pool.on('remove', (client) => void idle.delete(client as Tx));
  pool.on('release', (error: unknown, client) => {
    if (!error) return void idle.add(client);
    const why = whyUnavailable(error);
    if (why !== 'unreachable' && why !== 'read_only') return;
    for (const other of idle) other.emit('error', new UnusableServer(why));
    idle.clear();
  });
}

const afterwards = new WeakMap<Tx, ((pool: Pool) => void)[]>();

/** Calls back once the transaction has committed, and never if it does not. The callback must not throw. */
export function afterCommit(tx: Tx, tell: (pool: Pool) => void): void {
  afterwards.get(tx)?.push(tell);
}

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws. Its statements may be
 * sent together: they run in order, each sees what the one before has done and waited for, and after one that
 * failed none is run.
 */
export async function transaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  // A connection that dies while checked out emits 'error'; the query in flight rejects and carries it.
  const ignore = () => {};
  tx.on('error', ignore);
  let broken: Error | undefined;
  const tells: ((pool: Pool) => void)[] = [];
  afterwards.set(tx, tells);
  const tracking = tx as Tx & TrackingClient;
  tracking.beginTracking();
  try {
    // Goes out with the first statement. It fails only with the connection, and then so does that.
    const begun = tx.query(begins.get(pool) ?? 'begin');
    const [result] = await Promise.all([work(tx), begun]);
    await tx.query('commit');
    for (const tell of tells) tell(pool);
    return result;
  } catch (thrown) {
    const error = tracking.rootOf(thrown);
    broken = breaksConnection(error) ? (error as Error) : await rollBack(tx);
    throw error;
  } finally {
    tx.off('error', ignore);
    tx.release(broken);
  }
}

/** Returns the error that makes the connection unfit for reuse, if rolling back failed too. */
async function rollBack(tx: Tx): Promise<Error | undefined> {
  try {
    await tx.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

import pg from 'pg';
import { PreparingClient, TrackingClient } from './client.js';
import type { Notifier } from './notifier.js';
import { createPoolNotifier } from './poolNotifier.js';
import { breaksConnection, whyUnavailable } from './unavailable.js';

/** Anything that runs a query: the pool, or a client in a transaction. */
export type Db = Pick<pg.Pool, 'query'>;
export type Tx = pg.PoolClient;
export type Pool = pg.Pool;

const INT8 = 20;

export type PoolOptions = {
  max: number;
  /** Called when an idle connection is lost. The pool replaces it by itself. */
  onError?: (error: Error) => void;
  /** Milliseconds a statement may run. */
  statementTimeoutMs?: number;
  /** Milliseconds to wait for a connection. */
  connectTimeoutMs?: number;
  /**
   * Whether the URL leads to a pooler in transaction mode. Each transaction may then run in another server session, so
   * no session setting is used and no statement is prepared by name.
   */
  pooled?: boolean;
};

const STATEMENT_TIMEOUT_MS = 15_000;
const IDLE_IN_TRANSACTION_MS = 15_000;

/** Startup parameters of each connection, in milliseconds. */
export const sessionSettings = (statementTimeoutMs = STATEMENT_TIMEOUT_MS) => ({
  statement_timeout: statementTimeoutMs,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
});

/**
 * Creates a pool of connections with time limits. int8 columns are parsed as numbers. `end` first sends the
 * notifications that are pending.
 */
export function createPool(url: string, options: PoolOptions): Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: url,
    ...(options.pooled ? {} : sessionSettings(statementTimeoutMs)),
    Client: options.pooled ? TrackingClient : PreparingClient,
    // Sends statements that a transaction runs concurrently without waiting for each result.
    ...{ pipeline: true },
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    // A frozen server does not enforce `statement_timeout`, so the client has a time limit too.
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) =>
        oid === INT8 ? (value: string) => Number(value) : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  beginStatements.set(pool, options.pooled ? pooledBegin(statementTimeoutMs) : 'begin');
  dropIdleAfterFailover(pool);
  const notifier = createPoolNotifier(pool, options.onError);
  notifiers.set(pool, notifier);
  const end = pool.end.bind(pool) as () => Promise<void>;
  Object.assign(pool, { end: () => notifier.close().then(end) });
  pool.on('error', (error) => {
    if (!(error instanceof UnusableServer)) options.onError?.(error);
  });
  return pool;
}

const notifiers = new WeakMap<Db, Notifier>();

/** Calls `notify` once the transaction has committed, or at once for a statement on the pool. */
export function notifyCommitted(db: Tx | Pool, notify: (notifier: Notifier) => void): void {
  const notifier = notifiers.get(db);
  if (notifier) notify(notifier);
  else afterCommit(db as Tx, (pool) => notify(notifiers.get(pool)!));
}

const beginStatements = new WeakMap<Pool, string>();

const pooledBegin = (statementTimeoutMs: number) =>
  `begin; set local statement_timeout = ${statementTimeoutMs}; set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;

/** Drops an idle connection, because a query on another one found the server unreachable or read-only. */
class UnusableServer extends Error {
  override readonly name = 'UnusableServer';
}

/**
 * Drops all idle connections when one connection finds the server unreachable or read-only: after a failover they all
 * lead to the old server.
 */
function dropIdleAfterFailover(pool: Pool): void {
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

const commitCallbacks = new WeakMap<Tx, ((pool: Pool) => void)[]>();

/** Registers a callback that runs once the transaction has committed. The callback must not throw. */
export function afterCommit(tx: Tx, callback: (pool: Pool) => void): void {
  const callbacks = commitCallbacks.get(tx);
  if (!callbacks) throw new Error('this connection is in no transaction of transaction()');
  callbacks.push(callback);
}

/**
 * Runs `work` in one transaction: commits when it returns, rolls back when it throws, and rethrows its error. `work`
 * may send statements concurrently: Postgres runs them in order. Each sees the effects of the ones before it, and none
 * runs after one that failed.
 */
export async function transaction<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  // A connection that breaks while it is checked out emits 'error'. The query in flight rejects with the same error.
  const ignore = () => {};
  tx.on('error', ignore);
  let broken: Error | undefined;
  const callbacks: ((pool: Pool) => void)[] = [];
  commitCallbacks.set(tx, callbacks);
  const tracking = tx as Tx & TrackingClient;
  tracking.beginTracking();
  try {
    // Sent together with the first statement. It fails only if the connection does, and then both reject.
    const begun = tx.query(beginStatements.get(pool) ?? 'begin');
    const [result] = await Promise.all([work(tx), begun]);
    await tx.query('commit');
    for (const callback of callbacks) callback(pool);
    return result;
  } catch (thrown) {
    const error = tracking.rootOf(thrown);
    broken = breaksConnection(error) ? (error as Error) : await rollBack(tx);
    throw error;
  } finally {
    commitCallbacks.delete(tx);
    tx.off('error', ignore);
    tx.release(broken);
  }
}

/** Rolls back. Returns the error if that fails: the connection must not be reused. */
async function rollBack(tx: Tx): Promise<Error | undefined> {
  try {
    await tx.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/**
 * For the rest of the transaction, Postgres does not compile statements to machine code (JIT). Compiling takes some
 * hundred milliseconds, and statements over lists of keys, whose costs the planner overestimates, take few.
 */
export async function withoutCompiling(tx: Tx): Promise<void> {
  await tx.query('set local jit = off');
}

/**
 * For the rest of the transaction, Postgres plans each statement for its values. A plan that is kept for all values
 * takes every list for one of ten elements, and may compare each element of two lists of thousands with each.
 */
export async function planForValues(tx: Tx): Promise<void> {
  await tx.query('set local plan_cache_mode = force_custom_plan');
}

import { types } from 'node:util';
import pg from 'pg';

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
};

export function createPool(url: string, options: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    Client: PreparingClient,
    // Statements of a transaction that don't wait for each other's rows go out together, and are answered in turn.
    ...{ pipeline: true },
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2_000,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    // A server that is frozen never answers, and enforces no timeout of its own.
    query_timeout: (options.statementTimeoutMs ?? 15_000) + 5_000,
    idle_in_transaction_session_timeout: 15_000,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) =>
        oid === INT8 ? (value: string) => Number(value) : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  pool.on('error', (error) => options.onError?.(error));
  return pool;
}

/** Statements by their text, which is constant: there are no more of them than places in the code that run one. */
const statementNames = new Map<string, string>();

function nameOf(text: string): string {
  const name = statementNames.get(text) ?? `s${statementNames.size}`;
  statementNames.set(text, name);
  return name;
}

/** Has a connection parse and plan each statement once: that took longer than most of them take to run. */
class PreparingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: the library's own signature, which has twelve overloads
  override query(statement: any, values?: any, callback?: any): any {
    if (typeof statement !== 'string' || !Array.isArray(values)) return super.query(statement, values, callback);
    return super.query({ name: nameOf(statement), text: statement, values }, callback);
  }
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
  try {
    // Goes out with the first statement. It fails only with the connection, and then so does that.
    const begun = tx.query('begin');
    const [result] = await Promise.all([work(tx), begun]);
    await tx.query('commit');
    for (const tell of tells) tell(pool);
    return result;
  } catch (error) {
    broken = await rollBack(tx);
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

const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN']);
/** SQLSTATE classes and codes that mean "the server is away or starting", not "the statement is wrong". */
const AWAY_STATES = /^(08|57P0[1-5]|53300|25P03|40001|40P01|55P03)/;

/** Whether Postgres was away (or a conflict passed), so that the same work may succeed a little later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return AWAY.has(code) || AWAY_STATES.test(code);
  return /Query read timeout|Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error/i.test(
    error.message,
  );
}

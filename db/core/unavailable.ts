import { types } from 'node:util';

/**
 * Why a statement failed that may succeed when it is retried. After `conflict` (another transaction was in the way) the
 * connection can be reused; after every other reason it is closed.
 */
export type Unavailable = 'unreachable' | 'read_only' | 'overloaded' | 'timeout' | 'conflict';

/** Reasons by SQLSTATE. The first match counts. A class (two characters) matches all of its codes. */
const states: [state: string, why: Unavailable][] = [
  ['08', 'unreachable'], // connection exception; poolers send it for every refusal
  ['57P01', 'unreachable'], // admin_shutdown
  ['57P02', 'unreachable'], // crash_shutdown
  ['57P03', 'unreachable'], // cannot_connect_now: the server starts up, shuts down or recovers
  ['57P04', 'unreachable'], // database_dropped
  ['57P05', 'unreachable'], // idle_session_timeout
  ['28000', 'unreachable'], // invalid_authorization_specification: an operator may be changing accounts
  ['28P01', 'unreachable'], // invalid_password
  ['3D000', 'unreachable'], // invalid_catalog_name: the database may be being restored
  ['25006', 'read_only'], // read_only_sql_transaction: a standby, or a primary that was demoted
  ['53', 'overloaded'], // insufficient_resources: disk full, out of memory, too many connections
  ['58030', 'overloaded'], // io_error
  ['57014', 'timeout'], // query_canceled: statement_timeout
  ['25P03', 'timeout'], // idle_in_transaction_session_timeout
  ['25P04', 'timeout'], // transaction_timeout
  ['40001', 'conflict'], // serialization_failure
  ['40P01', 'conflict'], // deadlock_detected
  ['55P03', 'conflict'], // lock_not_available: lock_timeout
];

/** Codes of operating system errors. */
const systemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Messages of the client library's own errors, which have no code. */
const clientMessages: [message: RegExp, why: Unavailable][] = [
  [/Query read timeout/i, 'timeout'],
  [/timeout exceeded when trying to connect/i, 'overloaded'],
  [/Connection terminated|Connection ended|connection timeout|timeout expired/i, 'unreachable'],
  [/Client (has encountered a connection error|was closed) and is not queryable/i, 'unreachable'],
];

/** Why Postgres is unavailable, from an error of a query. Null for an error that a retry does not avoid. */
export function whyUnavailable(error: unknown): Unavailable | null {
  if (!types.isNativeError(error)) return null;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return clientMessages.find(([message]) => message.test(error.message))?.[1] ?? null;
  if (systemCodes.has(code)) return 'unreachable';
  return states.find(([state]) => code.length === 5 && code.startsWith(state))?.[1] ?? null;
}

/** Whether a retry of the same work may succeed. */
export const isDatabaseAway = (error: unknown): boolean => whyUnavailable(error) !== null;

/** Whether the connection must not be reused: it is broken, or its server can't serve it. */
export function breaksConnection(error: unknown): boolean {
  const why = whyUnavailable(error);
  return why !== null && why !== 'conflict';
}

/** SQLSTATE classes of errors in the data: 22 data exception, 54 program limit exceeded. */
const dataErrors = /^(22|54)/;

/** Whether Postgres or its client rejects the data itself, so that a retry fails too. */
export function refusesData(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && code.length === 5 && dataErrors.test(code);
}

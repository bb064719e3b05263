import { types } from 'node:util';

/**
 * Why Postgres can not do now what it can do a little later. `conflict`: another transaction was in the way, and the
 * connection is as good as before; in every other case the connection is not used again.
 */
export type Unavailable = 'unreachable' | 'read_only' | 'overloaded' | 'timeout' | 'conflict';

/** SQLSTATEs, the first that matches; a class (two characters) stands for all of its codes. */
const states: [state: string, why: Unavailable][] = [
  ['08', 'unreachable'], // connection exception; poolers use it for all that they refuse
  ['57P01', 'unreachable'], // admin_shutdown
  ['57P02', 'unreachable'], // crash_shutdown
  ['57P03', 'unreachable'], // cannot_connect_now: it starts up, shuts down or recovers
  ['57P04', 'unreachable'], // database_dropped
  ['57P05', 'unreachable'], // idle_session_timeout
  ['28000', 'unreachable'], // invalid_authorization_specification: an operator is at work on accounts
  ['28P01', 'unreachable'], // invalid_password
  ['3D000', 'unreachable'], // invalid_catalog_name: a database that is being restored
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

/** Codes of the system. */
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

/** The client library's own errors, which have no code. */
const clientMessages: [message: RegExp, why: Unavailable][] = [
  [/Query read timeout/i, 'timeout'],
  [/timeout exceeded when trying to connect/i, 'overloaded'],
  [/Connection terminated|Connection ended|connection timeout|timeout expired/i, 'unreachable'],
  [/Client (has encountered a connection error|was closed) and is not queryable/i, 'unreachable'],
];

/** Null for an error that comes again however often the statement is run. */
export function whyUnavailable(error: unknown): Unavailable | null {
  if (!types.isNativeError(error)) return null;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return clientMessages.find(([message]) => message.test(error.message))?.[1] ?? null;
  if (systemCodes.has(code)) return 'unreachable';
  return states.find(([state]) => code.length === 5 && code.startsWith(state))?.[1] ?? null;
}

/** Whether the same work may succeed a little later, without anything being changed. */
export const isDatabaseAway = (error: unknown): boolean => whyUnavailable(error) !== null;

/** Whether the connection must not be used again: it is broken, or leads to a server that can't write. */
export function breaksConnection(error: unknown): boolean {
  const why = whyUnavailable(error);
  return why !== null && why !== 'conflict';
}

/** Classes of SQLSTATEs that are about what was to be written: 22 data exception, 54 program limit exceeded. */
const aboutData = /^(22|54)/;

/** Whether Postgres, or its client, will never take this data: the same statement fails however often it is run. */
export function refusesData(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' && code.length === 5 && aboutData.test(code);
}

import { types } from 'node:util';

/** Limits of one error in a log line. */
const MAX_CAUSES = 5;
const MAX_MESSAGE = 500;
const MAX_STACK = 4_000;
const MAX_DEPTH = 4;
const MAX_ENTRIES = 50;
const MAX_TEXT = 2_000;

/** Fields of errors that hold names and numbers of programs, never what a user or a model wrote. */
const programFields = [
  'code',
  'status',
  'errno',
  'syscall',
  'severity',
  'constraint',
  'table',
  'column',
  'routine',
  'providerCode',
  'providerRequestId',
  'systemCode',
] as const;

const secretKey =
  /^(authorization|cookie|set-cookie|sec-websocket-protocol|x-api-key|password|.*(token|secret|apikey))$/i;

const isError = (value: unknown): value is Error => types.isNativeError(value) || value instanceof Error;

/**
 * The description of an error in a log line: type, message, stack, code and causes, within limits. Without `detail` and
 * `where` of Postgres, which hold rows and parameters, and without the messages of providers, which may repeat prompts.
 */
function describeError(error: unknown, causes = MAX_CAUSES): unknown {
  if (!isError(error)) return loggable(error);
  const fields = error as Error & Record<string, unknown>;
  // Postgres' errors are all named `error`.
  const type = /^error$/i.test(error.name) ? (error.constructor?.name ?? 'Error') : error.name;
  const message = messageOf(fields).slice(0, MAX_MESSAGE);
  return {
    type,
    message,
    ...Object.fromEntries(programFields.flatMap((key) => entryOf(key, fields[key]))),
    stack: stackOf(error, `${type}: ${message}`),
    ...(Array.isArray(fields.errors)
      ? { errors: fields.errors.slice(0, 3).map((each) => describeError(each, 0)) }
      : {}),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describeError(error.cause, causes - 1) }),
  };
}

const entryOf = (key: string, value: unknown): [string, unknown][] =>
  typeof value === 'string' ? [[key, value.slice(0, 200)]] : typeof value === 'number' ? [[key, value]] : [];

/** The message without text of a user, a model or a provider. */
function messageOf(error: Error & Record<string, unknown>): string {
  // A provider's answer: the SDKs build the message from its body.
  if (typeof error.status === 'number' && ('headers' in error || 'requestID' in error)) return `HTTP ${error.status}`;
  if (Array.isArray(error.issues)) return issuesOf(error.issues);
  // Errors of parsing JSON, patterns and numbers contain the text that could not be parsed.
  if (error.name === 'SyntaxError') return 'the input is not well-formed';
  // The message comes from another server.
  if ('mcpBrand' in error || foreignMessages.has(error.name))
    return `${error.name}: ${String(error.code ?? 'no code')}`;
  // The text after the colon is input: a time zone, a locale or a unit.
  if (error.name === 'RangeError') return error.message.replace(/:[\s\S]*/, '');
  // Postgres quotes values in its class 22 (data exception).
  const quotesInput = typeof error.code === 'string' && /^22...$/.test(error.code);
  return quotesInput ? error.message.replace(/["'][\s\S]*["']/, '"…"') : error.message;
}

/** Errors whose message comes from another server: MCP, OAuth and event streams. */
const foreignMessages = new Set(['ProtocolError', 'SdkError', 'SdkHttpError', 'McpError', 'OAuthError', 'ParseError']);

/** The issues of the schema library: path and code, without the value. */
const issuesOf = (issues: { path?: unknown[]; code?: unknown }[]): string =>
  issues
    .slice(0, 5)
    .map(({ path = [], code }) => `${path.join('.') || '(root)'}: ${String(code)}`)
    .join('; ');

/** The error's type, and its code if it has the form of one. For places where nothing else is allowed. */
export function nameOfError(error: unknown): string {
  if (!isError(error)) return typeof error;
  const { name, code } = error as Error & { code?: unknown };
  return [name, code].filter((word) => typeof word === 'string' && /^[\w.-]{1,64}$/.test(word)).join(' ') || 'Error';
}

/** The stack's frames below this head. The original head repeats the whole message. */
function stackOf({ stack = '' }: Error, head: string): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [head, ...frames].join('\n').slice(0, MAX_STACK);
}

/** A value as a log line may contain it: plain data within limits, errors described, values of secret keys redacted. */
export function loggable(value: unknown, depth = MAX_DEPTH): unknown {
  if (isError(value)) return describeError(value);
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return Array.isArray(value) ? '[array]' : '[object]';
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((each) => loggable(each, depth - 1));
  if (value instanceof Date) return value;
  if (!isPlain(value)) return `[${value.constructor?.name ?? 'object'}]`;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ENTRIES)
      .map(([key, each]) => [key, secretKey.test(key) ? '[redacted]' : loggable(each, depth - 1)]),
  );
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { loggable } from './describeError.js';

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

export type LogOptions = {
  /** Fields of every line, read when the line is written. */
  fields?: () => Record<string, string>;
  /** Values that are redacted in every line. */
  secrets?: string[];
  /** Where lines are written; left out: stdout. */
  to?: DestinationStream;
};

/** Shorter values are not redacted: they occur as words in lines, such as the demo provider's key. */
const MIN_SECRET_LENGTH = 8;

/** Text that is redacted by its form: keys, bearer tokens, JWTs, and passwords and tokens in URLs. */
const secretForms = [
  /\bsk-[\w-]{8,}/,
  /(?<=\bBearer\s)[\w.~+/-]{8,}=*/,
  /\bdtt_[\w-]{8,}(?:\.[\w-]*)*/,
  /(?<=[?&]token=)[^\s&"#]+/,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/,
  /(?<=:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/,
];

/**
 * A log of JSON lines. Errors in all fields of a line are described by `describeError.ts`. Secrets are redacted in the
 * written line, so no field, message or stack can contain one.
 */
export function createLog(level: string, name: string, options: LogOptions = {}): Logger {
  const settings: LoggerOptions = {
    level,
    name,
    mixin: options.fields ?? (() => ({})),
    serializers: { err: (value: unknown) => value },
    formatters: { log: describeFields },
    hooks: { streamWrite: redactor(options.secrets ?? []) },
  };
  return options.to ? pino(settings, options.to) : pino(settings);
}

/** Fields with serializers of their own: requests and responses. */
const serialized = new Set(['req', 'res']);

function describeFields(fields: Record<string, unknown>): Record<string, unknown> {
  const own = Object.entries(fields).filter(([key]) => serialized.has(key));
  const others = Object.entries(fields).filter(([key]) => !serialized.has(key));
  return { ...(loggable(Object.fromEntries(others)) as Record<string, unknown>), ...Object.fromEntries(own) };
}

function redactor(secrets: string[]): (line: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
    .sort((a, b) => b.length - a.length)
    .map((secret) => secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const all = new RegExp([...known, ...secretForms.map(({ source }) => source)].join('|'), 'g');
  return (line) => line.replace(all, '[redacted]');
}

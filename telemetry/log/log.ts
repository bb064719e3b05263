import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import { loggable } from './describeError.js';

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

export type LogOptions = {
  /** Asked for with each line: where what runs now belongs. */
  fields?: () => Record<string, string>;
  /** Values that no line may hold. */
  secrets?: string[];
  /** Where lines are written; left out: stdout. */
  to?: DestinationStream;
};

/** Shorter values are words that lines hold for other reasons, such as the demo provider's key. */
const MIN_SECRET_LENGTH = 8;

/** What is a secret by its form, whoever sent it: keys, bearer tokens, JWTs and passwords in URLs. */
const secretForms = [
  /\bsk-[\w-]{8,}/,
  /(?<=\bBearer\s)[\w.~+/-]{8,}=*/,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/,
  /(?<=:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/,
];

/**
 * A log of JSON lines. Errors are described wherever they are in a line's fields, under whatever name; secrets are
 * taken out of the written line, so that no field, message or stack can hold one.
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

/** Requests and responses have serializers of their own. */
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

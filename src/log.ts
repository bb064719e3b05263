import { type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

const secret = ['authorization', 'cookie', 'set-cookie', 'sec-websocket-protocol', 'x-api-key'];

/**
 * An error as the log keeps it. Postgres puts rows and parameters into `detail` and `where`, which hold prose:
 * only what is listed here is written.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: typeof error };
  const { code } = error as { code?: unknown };
  return { type: error.name, message: error.message.slice(0, 500), code, stack: error.stack?.slice(0, 4_000) };
}

/** `fields` are asked for with each line: where what runs now belongs. */
export function createLog(level: string, name: string, fields: () => Record<string, string> = () => ({})): Logger {
  return pino({
    level,
    name,
    mixin: fields,
    serializers: { err: describeError },
    redact: {
      paths: secret.flatMap((header) => [`*.headers["${header}"]`, `headers["${header}"]`]),
      censor: '[redacted]',
    },
  });
}

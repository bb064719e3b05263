import type { Logger } from '@temporalio/worker';
import type { Log } from '../../telemetry/log/log.js';

/** Expected of the SDK workers that run only activities (`workerOptions.ts`); the SDK warns of it at each start. */
export const activitiesOnly = 'No workflows registered, not polling for workflow tasks';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

/** The SDK's log lines in the worker's log. */
export function temporalLogger(log: Pick<Log, 'trace' | 'debug' | 'warn' | 'error'>): Logger {
  const warn = (message: string, meta?: object) =>
    log[message === activitiesOnly ? 'debug' : 'warn']({ temporal: meta }, message);
  return {
    log: (level, message, meta) =>
      level === 'WARN' ? warn(message, meta) : log[levels[level]]({ temporal: meta }, message),
    trace: (message, meta) => log.trace({ temporal: meta }, message),
    debug: (message, meta) => log.debug({ temporal: meta }, message),
    info: (message, meta) => log.debug({ temporal: meta }, message),
    warn,
    error: (message, meta) => log.error({ temporal: meta }, message),
  };
}

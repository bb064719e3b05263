import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Log } from '../log.js';

/** Sends what Temporal's runtime logs through ours, and leaves signals to the process. */
export function installRuntime(log: Log): void {
  Runtime.install({
    logger: {
      log: (level, message, meta) => log[levels[level]]({ temporal: meta }, message),
      trace: (message, meta) => log.trace({ temporal: meta }, message),
      debug: (message, meta) => log.debug({ temporal: meta }, message),
      info: (message, meta) => log.debug({ temporal: meta }, message),
      warn: (message, meta) => log.warn({ temporal: meta }, message),
      error: (message, meta) => log.error({ temporal: meta }, message),
    },
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
    shutdownSignals: [],
  });
}

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;

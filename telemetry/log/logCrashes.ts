import type { Log } from './log.js';

/** Logs an uncaught error with its stack and exits with 1, because the state of the process is unknown. */
export function logCrashes(log: Log): void {
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'an exception was not caught; the process ends');
    process.exit(1);
  });
  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'a rejected promise was not handled; the process ends');
    process.exit(1);
  });
}

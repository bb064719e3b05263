import type { Log } from './log.js';

/** Logs what nothing caught, with its stack, and ends the process: what it left half done is not known. */
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

import { reportUnfitServer, type ServerUrls } from '../db/core/checkServer.js';
import { createLog } from './log/log.js';
import { logCrashes } from './log/logCrashes.js';
import { noTracing, openTracing } from './tracing.js';

type ProcessOptions = {
  level: Parameters<typeof createLog>[0];
  /** Redacted in the log. */
  secrets: string[];
  database: ServerUrls;
  /** Where traces go; undefined: nowhere. */
  endpoint: string | undefined;
};

/**
 * The log of the api's or the worker's process, which ends with 1 after an error that was not caught, and when the service
 * can not run on its Postgres. `openTracing` has to be called once; until it has resolved, lines of the log name no trace.
 */
export function beginProcess(name: 'api' | 'worker', { level, secrets, database, endpoint }: ProcessOptions) {
  let tracing = noTracing;
  const log = createLog(level, name, { fields: () => tracing.fields(), secrets });
  logCrashes(log);
  void reportUnfitServer(database, (message) => {
    log.fatal(message);
    process.exit(1);
  });
  const open = async () => {
    tracing = await openTracing({ endpoint, process: name, log });
    return tracing;
  };
  return { log, openTracing: open };
}

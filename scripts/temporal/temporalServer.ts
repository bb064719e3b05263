import { join } from 'node:path';
import { searchAttributes } from '../../domain/turns/engine.js';

/**
 * With the default poll rates the first token of 50 turns at once comes after 160 ms instead of 70. Fairness keys need the
 * new matcher. Queues have one partition, because each partition needs a poller: one worker has two for workflow tasks
 * that are not sticky, and a task in a partition without one may wait for a minute. A workflow task that was lost with its
 * worker three times in a row gets a timeout that doubles each time, up to 10 minutes: a turn would wait that long for the
 * next loss to be noticed.
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  'history.workflowTaskRetryMaxInterval': '"10s"',
  'system.enableActivityEagerExecution': true,
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  // The HTTP API can't be disabled, and any web page could send it a POST that signals or terminates: no host is allowed.
  'frontend.httpAllowedHosts': '[]',
} as const;

/**
 * With a write-ahead log a commit is one append instead of a journal that is created, synced and deleted. Commits survive
 * the death of any process. A loss of power may lose the last ones; then Postgres still has every turn, the reconciler
 * starts or closes turns without a workflow, and a step that runs again finds its effect.
 */
const pragmas = { journal_mode: 'WAL', synchronous: 'NORMAL' } as const;

/** The arguments of the `temporal` command for a dev server with its database in `folder`. */
export function devServerArgs(options: { folder: string; port: number; uiPort: number; namespace: string }): string[] {
  return [
    'server',
    'start-dev',
    ...['--ip', '127.0.0.1'],
    ...['--port', String(options.port)],
    ...['--ui-port', String(options.uiPort)],
    ...['--db-filename', join(options.folder, 'temporal.db')],
    ...Object.entries(pragmas).flatMap(([pragma, value]) => ['--sqlite-pragma', `${pragma}=${value}`]),
    ...['--namespace', options.namespace],
    ...['--log-level', 'warn'],
    ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
  ];
}

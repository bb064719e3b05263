import { join } from 'node:path';
import { searchAttributes } from '../../domain/turns/engine.js';

/**
 * Without these the dev server's queues wait for their next poll, and the first token of 50 turns at once comes
 * after 160 ms instead of 70; fairness keys work with the new matcher only. A queue of several partitions needs a
 * poller for each: one worker has two for workflow tasks that are not sticky, and a task in the partition without one
 * may wait for as long as a poll, a minute.
 */
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  'system.enableActivityEagerExecution': true,
  'matching.useNewMatcher': true,
  'matching.enableFairness': true,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  // Its HTTP API can't be left out, and takes any page's blind POST for a signal or a terminate: no host is allowed.
  'frontend.httpAllowedHosts': '[]',
} as const;

/**
 * A commit is one write to the end of a file, instead of a journal made, synced and deleted beside the database. It
 * outlives the death of any process. The last ones may go with a loss of power: Postgres still has every turn then,
 * the reconciler starts or closes those whose workflow is gone, and a step that runs again finds its effect.
 */
const pragmas = { journal_mode: 'WAL', synchronous: 'NORMAL' } as const;

/** The arguments of the `temporal` command for a dev server that keeps what it knows in `folder`. */
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

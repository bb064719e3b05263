import type { Config } from '../../config.js';
import { onCommitted } from '../../db/core/committed.js';
import { readOpenTurns } from '../../db/turns/openTurns.js';
import { type Backlog, readBacklogs } from '../../engine/backlogs.js';
import { countCommitted } from '../../telemetry/committed.js';
import type { Log } from '../../telemetry/log/log.js';
import { watchPool } from '../../telemetry/pool.js';
import type { GaugeRow, Metrics } from '../../telemetry/registry.js';
import type { Backends } from '../backends.js';
import { type BoundedRead, createBoundedRead } from '../limits/boundedRead.js';
import { watchOpenTurns } from './openTurnGauges.js';

/** A scrape waits for at most one second and reads at most every two seconds. */
const bounds = { withinMs: 1_000, freshMs: 2_000 };

/** Counts what this api commits, and exports the open turns of Postgres and the backlogs of Temporal. */
export function observeBackends(config: Pick<Config, 'TASK_QUEUE'>, metrics: Metrics, backends: Backends, log: Log) {
  const { pool, temporal } = backends;
  onCommitted(pool, countCommitted(metrics, log));
  watchPool(metrics, pool);
  const open = createBoundedRead(() => readOpenTurns(pool), bounds);
  const backlogs = createBoundedRead(() => readBacklogs(temporal.client, config.TASK_QUEUE, bounds.withinMs), bounds);
  watchOpenTurns(metrics, open);
  watchBacklogs(metrics, backlogs);
  watchSources(metrics, { postgres: open, temporal: backlogs });
}

function watchBacklogs({ watchRows }: Metrics, backlogs: BoundedRead<Backlog[]>): void {
  const rows = (of: (backlog: Backlog) => number) => async (): Promise<GaugeRow[] | null> => {
    const read = await backlogs.read();
    return read?.map((backlog) => ({ labels: { queue: backlog.queue }, value: of(backlog) })) ?? null;
  };
  watchRows(
    { name: 'task_queue_backlog', help: 'Tasks that wait for a worker, as Temporal estimates', labels: ['queue'] },
    rows(({ tasks }) => tasks),
  );
  watchRows(
    { name: 'task_queue_backlog_oldest_seconds', help: 'How long the oldest of them has waited', labels: ['queue'] },
    rows(({ oldestSeconds }) => oldestSeconds),
  );
}

function watchSources({ watchRows }: Metrics, sources: Record<string, BoundedRead<unknown>>): void {
  watchRows(
    {
      name: 'metrics_source_up',
      help: 'Whether what these metrics take from there could be read; what could not is left out',
      labels: ['source'],
    },
    async () => {
      await Promise.all(Object.values(sources).map((source) => source.read()));
      return Object.entries(sources).map(([source, { answered }]) => ({
        labels: { source },
        value: answered() ? 1 : 0,
      }));
    },
  );
}

import type { Pool } from '../db/core/pool.js';
import type { Metrics } from './registry.js';

/** Gauges of this process's connections to Postgres. */
export function watchPool({ watch, watchRows }: Metrics, pool: Pool): void {
  watchRows({ name: 'postgres_pool_connections', help: 'Connections to Postgres, by state', labels: ['state'] }, () => [
    { labels: { state: 'used' }, value: pool.totalCount - pool.idleCount },
    { labels: { state: 'idle' }, value: pool.idleCount },
  ]);
  watch('postgres_pool_max', 'The most connections to Postgres', () => pool.options.max);
  watch('postgres_pool_waiting', 'Requests that wait for a connection to Postgres', () => pool.waitingCount);
}

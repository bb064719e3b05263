import type { Pool } from '../db/core/pool.js';
import type { Metrics } from './registry.js';

/** The connections to Postgres of this process. */
export function watchPool({ watch, watchRows }: Metrics, pool: Pool): void {
  watchRows(
    { name: 'postgres_pool_connections', help: 'Connections to Postgres, by what they do', labels: ['state'] },
    () => [
      { labels: { state: 'used' }, value: pool.totalCount - pool.idleCount },
      { labels: { state: 'idle' }, value: pool.idleCount },
    ],
  );
  watch('postgres_pool_max', 'Connections to Postgres that there may be', () => pool.options.max);
  watch('postgres_pool_waiting', 'Who waits for a connection to Postgres', () => pool.waitingCount);
}

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

const here = dirname(fileURLToPath(import.meta.url));

export type MigrateOptions = { log?: (line: string) => void; dir?: string };

/**
 * Runs the pending migrations on `databaseUrl`, forward only. Several processes may call it at once: an advisory lock
 * lets one of them migrate, and the others find nothing to do.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<void> {
  const log = options.log ?? (() => {});
  await runner({
    databaseUrl: { connectionString: databaseUrl, connectionTimeoutMillis: 5_000 },
    dir: options.dir ?? join(here, '../migrations'),
    direction: 'up',
    migrationsTable: 'schema_migrations',
    advisoryLockMode: 'wait',
    log,
    logger: { debug: () => {}, info: log, warn: log, error: log },
  });
}

import { join } from 'node:path';
import { type PgBouncer, startPgBouncer } from '../../test/support/postgres/pgbouncer.js';
import { startRedis, type TestRedis } from '../../test/support/postgres/redis.js';
import { type ScratchPostgres, startScratchPostgres } from '../../test/support/postgres/scratchPostgres.js';
import { findTemporalServer } from './findTemporalServer.js';
import { openTemporalOnPostgres, type ProductionTemporal } from './temporalOnPostgres.js';

/** What the service runs on in production, each in a process of its own. */
export type ProductionServers = {
  /** Of the service, and of Temporal. */
  postgres: ScratchPostgres;
  temporalPostgres: ScratchPostgres;
  pooler: { url: string; restart(): Promise<void> };
  redis: TestRedis;
  temporal: ProductionTemporal;
  close(): Promise<void>;
};

type Options = { folder: string; logs: string; cacheDir: string; say: (line: string) => void; signal: AbortSignal };

/** Connections of the pooler to Postgres. Two apis and two workers with ten each have to share them. */
const poolSize = 12;

export async function startProductionServers({
  folder,
  logs,
  cacheDir,
  say,
  signal,
}: Options): Promise<ProductionServers> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.reverse().splice(0))
      await end().catch((error: unknown) => say(`closing: ${String(error)}`));
  };
  try {
    const programs = await findTemporalServer({ cacheDir, path: process.env.PATH ?? '', say, signal });
    say('starting two Postgres, PgBouncer, Redis and a Temporal server');
    const [postgres, temporalPostgres] = await Promise.all([startScratchPostgres(), startScratchPostgres()]);
    closing.push(postgres.dispose, temporalPostgres.dispose);
    const pooler = await openPooler(postgres.url);
    closing.push(pooler.close);
    const redis = await startRedis();
    closing.push(redis.stop);
    const temporal = await openTemporalOnPostgres({
      programs,
      postgresUrl: temporalPostgres.url,
      folder: join(folder, 'temporal'),
      logs,
      signal,
    });
    closing.push(() => temporal.stop('SIGTERM'));
    await temporal.start();
    return { postgres, temporalPostgres, pooler, redis, temporal, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openPooler(databaseUrl: string) {
  const options = { mode: 'transaction', size: poolSize } as const;
  let running: PgBouncer = await startPgBouncer(databaseUrl, options);
  const { url } = running;
  return {
    url,
    async restart() {
      await running.close();
      running = await startPgBouncer(databaseUrl, { ...options, port: Number(new URL(url).port) });
    },
    close: () => running.close(),
  };
}

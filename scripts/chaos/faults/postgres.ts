import { readFile, stat } from 'node:fs/promises';
import pg from 'pg';
import { until } from '../../../test/support/until.js';
import type { Stage } from '../stage.js';
import { type Fault, fired, missed } from './fault.js';
import { pause } from './pause.js';

/** Postgres that answers, but not as it should. */

const healWithinMs = 60_000;

/** Over a connection of its own, and again until Postgres takes it: another fault may have it down. */
function administer(stage: Stage, statements: string[]): Promise<true> {
  return until(
    'Postgres takes a setting',
    async () => {
      const client = new pg.Client({ connectionString: stage.servers.databaseUrl, connectionTimeoutMillis: 3_000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        for (const statement of statements) await client.query(statement);
        return true;
      } catch {
        return null;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    healWithinMs,
  );
}

const makeWritable = (stage: Stage) =>
  administer(stage, ['alter system reset default_transaction_read_only', 'select pg_reload_conf()']);

const readOnly: Fault = {
  name: 'read-only postgres',
  weight: 3,
  target: 'settings of postgres',
  async run({ stage, dice, recovery, signal }) {
    const log = `${stage.servers.dataDir.logs}/postgres.log`;
    const from = (await stat(log)).size;
    await administer(stage, ['alter system set default_transaction_read_only = on', 'select pg_reload_conf()']);
    recovery.mark('read-only postgres');
    try {
      const ms = dice.between(1_500, 8_000);
      await pause(ms, signal);
      const refused =
        (await readFile(log))
          .subarray(from)
          .toString()
          .match(/read-only transaction/g)?.length ?? 0;
      return refused > 0 ? fired(`${refused} statements refused in ${ms} ms`) : missed('no statement was refused');
    } finally {
      await makeWritable(stage);
    }
  },
};

const slowDisk: Fault = {
  name: 'slow fsync postgres',
  weight: 2,
  target: 'disk of postgres',
  async run({ stage, dice, recovery, signal }) {
    const disk = stage.servers.slowDisk;
    if ('missing' in disk) return missed(disk.missing);
    const before = await disk.hits();
    const ms = dice.between(100, 800);
    await disk.slow(ms);
    recovery.mark('slow fsync postgres');
    try {
      await pause(dice.between(2_000, 6_000), signal);
      const slowed = (await disk.hits()) - before;
      return slowed > 0 ? fired(`${slowed} syncs took ${ms} ms longer`) : missed('nothing was synced');
    } finally {
      await disk.normal();
    }
  },
};

export const postgresFaults: Fault[] = [readOnly, slowDisk];

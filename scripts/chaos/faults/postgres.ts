import { readFile, stat } from 'node:fs/promises';
import pg from 'pg';
import { until } from '../../../test/support/until.js';
import type { Testbed } from '../testbed.js';
import { type Fault, fired, missed } from './fault.js';
import { pause } from './pause.js';

/** Faults of a Postgres that answers: read-only, and slow fsync. */

const healWithinMs = 60_000;

/** Runs statements over a connection of its own, and retries: another fault may have stopped Postgres. */
function administer(testbed: Testbed, statements: string[]): Promise<true> {
  return until(
    'Postgres takes a setting',
    async () => {
      const client = new pg.Client({ connectionString: testbed.servers.databaseUrl, connectionTimeoutMillis: 3_000 });
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

const makeWritable = (testbed: Testbed) =>
  administer(testbed, ['alter system reset default_transaction_read_only', 'select pg_reload_conf()']);

const readOnly: Fault = {
  name: 'read-only postgres',
  weight: 3,
  target: 'settings of postgres',
  async run({ testbed, random, recovery, signal }) {
    const log = `${testbed.servers.dataDir.logs}/postgres.log`;
    const from = (await stat(log)).size;
    await administer(testbed, ['alter system set default_transaction_read_only = on', 'select pg_reload_conf()']);
    recovery.mark('read-only postgres');
    try {
      const ms = random.between(1_500, 8_000);
      await pause(ms, signal);
      const refused =
        (await readFile(log))
          .subarray(from)
          .toString()
          .match(/read-only transaction/g)?.length ?? 0;
      return refused > 0 ? fired(`${refused} statements refused in ${ms} ms`) : missed('no statement was refused');
    } finally {
      await makeWritable(testbed);
    }
  },
};

const slowDisk: Fault = {
  name: 'slow fsync postgres',
  weight: 2,
  target: 'disk of postgres',
  async run({ testbed, random, recovery, signal }) {
    const disk = testbed.servers.slowDisk;
    if ('missing' in disk) return missed(disk.missing);
    const before = await disk.hits();
    const ms = random.between(100, 800);
    await disk.slow(ms);
    recovery.mark('slow fsync postgres');
    try {
      await pause(random.between(2_000, 6_000), signal);
      const slowed = (await disk.hits()) - before;
      return slowed > 0 ? fired(`${slowed} syncs took ${ms} ms longer`) : missed('there was no fsync');
    } finally {
      await disk.normal();
    }
  },
};

export const postgresFaults: Fault[] = [readOnly, slowDisk];

import { setTimeout as delay } from 'node:timers/promises';
import { type Cpu, cpuSince, readCpu } from '../../bench/cpu.js';
import { createPool, type Pool } from '../../db/core/pool.js';
import { trimTurns } from '../../db/turns/trimTurns.js';
import type { ScratchPostgres } from '../../test/support/postgres/scratchPostgres.js';
import { makeChat } from '../chaos/traffic/kinds.js';
import { keepWatching } from '../chaos/traffic/viewer.js';
import type { ProductionTestbed } from './testbed.js';

/** What turns cost the servers, per 1,000 turns: seconds of processor time, commits, bytes of write-ahead log and of data. */
export type Load = {
  turns: number;
  cpuSeconds: Cpu;
  postgres: DatabaseLoad;
  temporal: DatabaseLoad;
  /** Of one turn's workflow. */
  history: { events: number; bytes: number };
};

type DatabaseLoad = { commits: number; walBytes: number; keptBytes: number };
type Measured = { server: ScratchPostgres; databases: string[] };

/** Statistics of a backend reach the views within a second after its transaction. */
const statisticsMs = 2_000;

/** Runs narrative turns in so many chats, each with one viewer, and measures what they cost. */
export async function measureLoad(testbed: ProductionTestbed, chats: number, turnsEach: number): Promise<Load> {
  const { production, client, base, apis, workers } = testbed;
  const ids = await Promise.all(
    Array.from({ length: chats }, () => makeChat(client, { kind: 'narrative', guest: false })),
  );
  const viewers = ids.map((chatId) => keepWatching({ base, chatId, over: 'socket' }, () => undefined));
  const postgres = { server: production.postgres, databases: [databaseOf(production.postgres)] };
  const temporal = { server: production.temporalPostgres, databases: ['temporal', 'temporal_visibility'] };
  const pids = {
    ...Object.fromEntries([...apis, ...workers].map((place) => [place.name, place.pid()])),
    'Temporal server': production.temporal.pid(),
    Postgres: await pidOf(postgres.server),
    "Temporal's Postgres": await pidOf(temporal.server),
  };
  // A first turn of each chat is not measured: the processes compile their code.
  await runTurns(testbed, ids, 1);
  const before = { cpu: readCpu(pids), postgres: await readLoad(postgres), temporal: await readLoad(temporal) };
  const last = await runTurns(testbed, ids, turnsEach);
  const cpu = cpuSince(before.cpu, readCpu(pids));
  for (const viewer of viewers) viewer.close();
  await delay(statisticsMs);
  const turns = chats * turnsEach;
  const busy = { postgres: await readCounters(postgres), temporal: await readCounters(temporal) };
  await trimTurns(testbed.pool, { olderThanMs: 0, withinMs: 60_000 });
  const after = { postgres: await readBytes(postgres), temporal: await readBytes(temporal) };
  const perThousand = (value: number) => Math.round((value / turns) * 1_000);
  const loadOf = (name: 'postgres' | 'temporal'): DatabaseLoad => ({
    commits: perThousand(busy[name].commits - before[name].commits),
    walBytes: perThousand(busy[name].walBytes - before[name].walBytes),
    keptBytes: perThousand(after[name] - before[name].keptBytes),
  });
  const { historyLength, historySize } = await testbed.temporal.workflow.getHandle(last).describe();
  return {
    turns,
    cpuSeconds: Object.fromEntries(Object.entries(cpu).map(([name, seconds]) => [name, perThousand(seconds)])),
    postgres: loadOf('postgres'),
    temporal: loadOf('temporal'),
    history: { events: historyLength, bytes: historySize ?? 0 },
  };
}

/** Runs turns one after the other in each chat. Gives the id of one of them. */
async function runTurns({ client }: ProductionTestbed, chatIds: string[], each: number): Promise<string> {
  const ran = await Promise.all(
    chatIds.map(async (chatId) => {
      let turnId = '';
      for (let n = 0; n < each; n++) {
        turnId = (await client.postTurn(chatId, { text: `Line ${n}, about the lamp and the sea.` })).id;
        await client.waitForTurn(turnId, { signal: AbortSignal.timeout(300_000) });
      }
      return turnId;
    }),
  );
  return ran.at(-1) ?? '';
}

const databaseOf = ({ url }: ScratchPostgres) => new URL(url).pathname.slice(1);

async function pidOf(server: ScratchPostgres): Promise<number> {
  const { rows } = await server.run("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid");
  return Number(rows[0].pid);
}

async function readLoad(measured: Measured): Promise<DatabaseLoad> {
  const keptBytes = await readBytes(measured);
  await delay(statisticsMs);
  return { ...(await readCounters(measured)), keptBytes };
}

async function readCounters({ server, databases }: Measured): Promise<Omit<DatabaseLoad, 'keptBytes'>> {
  const names = databases.map((name) => `'${name}'`).join(', ');
  const { rows } = await server.run(
    `select (select sum(xact_commit) from pg_stat_database where datname in (${names}))::float8 as commits,
       (select wal_bytes from pg_stat_wal)::float8 as "walBytes"`,
  );
  return rows[0];
}

/** The size of the data without what deleted rows have left. */
async function readBytes({ server, databases }: Measured): Promise<number> {
  let bytes = 0;
  for (const name of databases) {
    const pool = createPool(Object.assign(new URL(server.url), { pathname: `/${name}` }).toString(), { max: 1 });
    try {
      bytes += await compactBytes(pool, name);
    } finally {
      await pool.end();
    }
  }
  return bytes;
}

async function compactBytes(pool: Pool, name: string): Promise<number> {
  await pool.query('vacuum full');
  const { rows } = await pool.query<{ bytes: number }>('select pg_database_size($1)::float8 as bytes', [name]);
  return rows[0]?.bytes ?? 0;
}

/** The load as text. */
export function renderLoad({ turns, cpuSeconds, postgres, temporal, history }: Load): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const database = (name: string, { commits, walBytes, keptBytes }: DatabaseLoad) =>
    `${name}: ${commits} commits, ${megabytes(walBytes)} of write-ahead log, ${megabytes(keptBytes)} kept`;
  return [
    `Per 1,000 narrative turns, of ${turns}:`,
    `CPU: ${Object.entries(cpuSeconds)
      .map(([name, seconds]) => `${name} ${seconds} s`)
      .join(', ')}`,
    database('Postgres', postgres),
    database("Temporal's Postgres", temporal),
    `History of one turn: ${history.events} events, ${history.bytes} bytes`,
  ].join('\n');
}

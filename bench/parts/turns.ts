import { createPool, type Pool } from '../../db/core/pool.js';
import { whole } from '../../test/support/provider/scriptedReply.js';
import { cpuSince, readCpu, totalCpu } from '../cpu.js';
import type { Section } from '../report.js';
import type { Stage } from '../stage.js';
import { median } from '../stats.js';
import { type SeenStream, takeSeats } from '../streams.js';
import type { Subject } from '../subject.js';
import { openTurnHistories } from '../turnHistories.js';
import type { Part } from './part.js';

const chats = 16;

/** Turns a second, with a provider that answers at once, and what a turn leaves in Temporal and Postgres. */
export const turnsPart: Part = async (stage, { quick, say }) => {
  const seconds = quick ? 4 : 10;
  await stage.provider.script({ always: whole('A reply ', 'of three ', 'tokens.') });
  say(`${chats} chats, one turn after the other in each, for ${seconds} s on each of both`);
  const pipe = await runFor(stage.pipe, seconds);
  const pool = createPool(stage.databaseUrl, { max: 1 });
  const before = await readWritten(pool);
  const service = await runFor(stage.service, seconds);
  const written = writtenSince(before, await readWritten(pool), service.streams.length + chats);
  await pool.end();
  const throughput: Section = {
    title: `Turns with an instant provider, ${chats} chats at once`,
    rows: [
      { what: 'turns a second', unit: '', service: service.perSecond, pipe: pipe.perSecond },
      { what: 'CPU a turn', unit: 'ms', service: service.cpuMs, pipe: pipe.cpuMs },
    ],
    notes: [service.shares],
  };
  return [throughput, await historySection(stage, service.streams.slice(-20)), written];
};

type Written = { commits: number; bytes: number };

/** What the server has committed and written so far. */
async function readWritten(pool: Pool): Promise<Written> {
  const { rows } = await pool.query<Written>(
    `select xact_commit::float8 as commits, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as bytes
     from pg_stat_database where datname = current_database()`,
  );
  return rows[0]!;
}

/** With what the service writes for no turn, such as the reconciler's passes: little while turns run. */
const writtenSince = (before: Written, after: Written, turns: number): Section => ({
  title: 'A turn in Postgres, means',
  rows: [
    { what: 'commits', unit: '', service: (after.commits - before.commits) / turns },
    { what: 'write-ahead log', unit: 'KB', service: (after.bytes - before.bytes) / turns / 1000 },
  ],
});

async function runFor(subject: Subject, seconds: number) {
  const seats = await takeSeats(subject, chats);
  await Promise.all(seats.map((seat) => seat.run())); // what runs for the first time is not measured
  const streams: SeenStream[] = [];
  const before = readCpu(subject.pids);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  await Promise.all(
    seats.map(async (seat) => {
      while (elapsed() < seconds) streams.push(await seat.run());
    }),
  );
  const took = elapsed();
  const cpu = cpuSince(before, readCpu(subject.pids));
  for (const seat of seats) seat.leave();
  const shares = Object.entries(cpu).map(([name, used]) => `${name} ${((used / streams.length) * 1000).toFixed(1)} ms`);
  return {
    streams,
    perSecond: streams.length / took,
    cpuMs: (totalCpu(cpu) / streams.length) * 1000,
    shares: `CPU a turn: ${shares.join(', ')}`,
  };
}

async function historySection(stage: Stage, streams: SeenStream[]): Promise<Section> {
  const histories = await openTurnHistories(stage.temporalAddress);
  try {
    const read = await Promise.all(streams.map(({ turnId }) => histories.read(turnId)));
    return {
      title: `A turn in Temporal, medians of ${read.length}`,
      rows: [
        { what: 'history events', unit: '', service: median(read.map(({ events }) => events)), target: { below: 60 } },
        {
          what: 'history size',
          unit: 'KB',
          service: median(read.map(({ bytes }) => bytes / 1000)),
          target: { below: 20 },
        },
      ],
    };
  } finally {
    await histories.close();
  }
}

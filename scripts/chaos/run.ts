import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { countCalls } from './checks/calls.js';
import { type Check, check } from './checks/check.js';
import { saveEvidence } from './checks/evidence.js';
import { checkHistories } from './checks/histories.js';
import { checkLogs } from './checks/log.js';
import { type Settled, settle } from './checks/settle.js';
import { createSlowTurns } from './checks/slowTurns.js';
import { checkViewers } from './checks/viewers.js';
import type { Figures } from './faults/fault.js';
import type { Tally } from './faults/lanes.js';
import { countFaults, isSound, type Report, timesOf } from './report/report.js';
import type { CheckedTestbed, Testbed } from './testbed.js';
import { type Book, createBook } from './traffic/book.js';
import { createRecovery, type Recovery } from './traffic/recovery.js';
import { startTraffic, type Traffic } from './traffic/traffic.js';

/** The state of a run. */
export type Running<T extends CheckedTestbed = Testbed> = {
  testbed: T;
  book: Book;
  recovery: Recovery;
  figures: Figures;
  traffic: Traffic;
};

export type RunOptions<T extends CheckedTestbed = Testbed> = {
  title: string;
  seed: number;
  chats: number;
  quietSeconds: number;
  out: string;
  say: (line: string) => void;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Injects faults, and undoes them before it ends. */
  injectFaults: (running: Running<T>) => Promise<Tally>;
};

const reportEveryMs = 10_000;

/** How many of the slowest turns the report has. */
const SLOW_TURNS = 5;

type Checked = Running<CheckedTestbed>;
type SlowTurns = ReturnType<typeof createSlowTurns>;

/** Runs traffic under faults, waits until all turns have ended, and checks. Saves the data of breaches. */
export async function runOn<T extends CheckedTestbed>(testbed: T, options: RunOptions<T>): Promise<Report> {
  const { seed, chats, quietSeconds, out, say, signal } = options;
  const startedAt = Date.now();
  const [book, recovery] = [createBook(), createRecovery()];
  const figures: Figures = { cancelToClosed: [], cancelNeverClosed: [] };
  const { base, client, pool } = testbed;
  const traffic = startTraffic({ base, client, book, recovery, pool, seed }, chats);
  const running: Running<T> = { testbed, book, recovery, figures, traffic };
  const progressTimer = setInterval(() => say(progressOf(running)), reportEveryMs);
  try {
    await untilFirstTurnEnded(running, signal);
    const tally = await options.injectFaults(running);
    say('no more faults; waiting until every turn has ended');
    await traffic.quiet();
    signal.throwIfAborted();
    const settled = await settle(testbed, running, { withinMs: quietSeconds * 1_000, signal });
    say('every turn has ended; checking');
    await acceptUnanswered(running);
    const slowTurns = createSlowTurns(SLOW_TURNS);
    const checks = await checkAll(running, settled, out, slowTurns);
    const { hung: _hung, ...rest } = settled;
    const report: Report = {
      title: options.title,
      seconds: Math.round((Date.now() - startedAt) / 1_000),
      turns: await countTurns(running, settled),
      checks,
      ...countFaults(tally),
      calls: countCalls(testbed.provider.faultProxy.asked, book),
      restartsSeen: sum(traffic.viewers.map((viewer) => viewer.restarts())),
      connections: sum(traffic.viewers.map((viewer) => viewer.connections())),
      settled: rest,
      times: timesOf(recovery, figures),
      streams: recovery.counts(),
      slowTurns: slowTurns.list(),
    };
    if (!isSound(report)) await saveEvidence(testbed, turnsIn(checks), settled, out);
    return report;
  } finally {
    clearInterval(progressTimer);
    await traffic.close();
  }
}

/** Waits until a turn has ended: earlier faults would test the start of the service only. */
async function untilFirstTurnEnded({ book }: Checked, signal: AbortSignal): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until && book.turns.size === book.open().length) await delay(200, undefined, { signal });
}

async function checkAll(running: Checked, settled: Settled, out: string, slowTurns: SlowTurns): Promise<Check[]> {
  const { testbed, book, figures, traffic } = running;
  const hung = check('accepted turns that have not ended');
  const open = new Map(settled.hung.map(({ turnId, status }) => [turnId, status]));
  for (const turnId of book.turns.keys()) hung.record(turnId, open.has(turnId) ? [`it is ${open.get(turnId)}`] : []);
  const another = check('chats that do not take another turn');
  const { all, tookAnother } = settled.chats;
  another.record('chats', all === tookAnother ? [] : [`${all - tookAnother} did not`], all);
  const answers = check('answers that are wrong');
  answers.record('clients', book.complaints, book.turns.size);
  const cancels = check('cancelled replies whose provider connection stayed open');
  cancels.record(
    'cancels',
    figures.cancelNeverClosed,
    figures.cancelToClosed.length + figures.cancelNeverClosed.length,
  );
  return [
    hung.done(),
    another.done(),
    answers.done(),
    cancels.done(),
    await checkFailures(testbed, book),
    ...(await checkLogs(testbed, book)),
    ...(await checkViewers(testbed, traffic)),
    await checkHistories(
      testbed.temporal,
      join(testbed.service.dataDir, 'workflows', 'workflows.js'),
      join(out, 'histories'),
      slowTurns.add,
    ),
  ];
}

/** No fault makes a turn fail with `internal`: it means an error that the service does not know. */
async function checkFailures({ pool }: CheckedTestbed, book: Book): Promise<Check> {
  const failed = check('accepted turns that failed with internal');
  const turnIds = [...book.turns.keys()];
  const { rows } = await pool.query<{ id: string }>(
    "select id from turns where id = any($1) and error->>'code' = 'internal'",
    [turnIds],
  );
  failed.record('turns', [], turnIds.length - rows.length);
  for (const { id } of rows) failed.record(id, ['internal']);
  return failed.done();
}

/** Adds accepted turns whose answer did not arrive before the end of the run. */
async function acceptUnanswered({ testbed, book }: Checked): Promise<void> {
  const { rows } = await testbed.pool.query<{ id: string; chatId: string; key: string }>(
    'select id, chat_id as "chatId", idempotency_key as key from turns where idempotency_key is not null',
  );
  for (const { id, chatId, key } of rows) {
    const kind = book.chats.get(chatId);
    if (kind) book.accept({ turnId: id, chatId, kind }, key);
  }
}

async function countTurns({ testbed, book }: Checked, { hung }: Settled): Promise<Record<string, number>> {
  const { rows } = await testbed.pool.query<{ status: string; count: number }>(
    `select case when status = 'failed' then concat_ws(' with ', status, error->>'code') else status end as status,
       count(*)::int as count
     from turns where id = any($1) group by 1 order by 1`,
    [[...book.turns.keys()]],
  );
  const byKind = new Map<string, number>();
  for (const { kind } of book.turns.values()) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  return {
    accepted: book.turns.size,
    hung: hung.length,
    ...Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    ...Object.fromEntries(byKind),
  };
}

const turnsIn = (checks: Check[]): string[] =>
  checks.flatMap(({ breaches }) => breaches.flatMap((each) => JSON.stringify(each).match(/turn_[0-9a-f-]{36}/g) ?? []));

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

function progressOf({ book, traffic, recovery }: Checked): string {
  const violations = sum(traffic.viewers.map((viewer) => viewer.violations.length));
  const open = book.open();
  const oldest = Math.max(0, ...open.map(({ acceptedAt }) => Date.now() - acceptedAt));
  return `${book.turns.size} turns, ${open.length} open (the oldest for ${Math.round(oldest / 1_000)} s), ${recovery.counts().inFlight} streams in flight at faults, ${violations} breaches of viewers, ${traffic.abandoned.length} chats given up`;
}

/** Creates the output folder, and writes the options to it. */
export async function openOutput(out: string, about: object): Promise<void> {
  await mkdir(out, { recursive: true });
  await appendFile(join(out, 'run.json'), `${JSON.stringify(about)}\n`);
}

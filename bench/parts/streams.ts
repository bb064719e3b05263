import { setTimeout as delay } from 'node:timers/promises';
import { stamped } from '../../test/support/provider/scriptedReply.js';
import { type Cpu, cpuSince, readCpu, totalCpu } from '../cpu.js';
import type { Row, Section } from '../report.js';
import type { Stage } from '../stage.js';
import { median, quantile, sum } from '../stats.js';
import { type SeenStream, takeSeat, takeSeats } from '../streams.js';
import type { Subject } from '../subject.js';
import { heldBack, latencies, runTogether } from '../together.js';
import type { Part } from './part.js';

const perSecond = 20;
const counts = [20, 50, 200, 500];
const names = ['pipe', 'durable', 'service'] as const;

/** Turns that begin while the streams run: how many, and the pause before each. */
const probes = 20;
const probePauseMs = 500;

type Seen = { latencies: number[]; firstTokens: number[]; tokens: number; cpu: Cpu };
/** The targets for the service, by the number of streams. */
const targets: Record<string, NonNullable<Row['target']>> = {
  '20 p50': { times: 2.5 },
  '50 p99': { below: 15 },
  '500 p99': { below: 40 },
  '50 first': { below: 35 },
  '500 first': { below: 80 },
  '500 cpu': { below: 170 },
};

type All = { count: number; seen: Record<Subject['name'], Seen> };

/** Many streams of the speed of a model: latency, cost, and how soon other turns get their first token meanwhile. */
export const streamsPart: Part = async (stage, { quick, streams, say }) => {
  const seconds = quick ? 5 : 15;
  const all: All[] = [];
  for (const count of streams ?? (quick ? counts.filter((each) => each !== 50) : counts)) {
    const seen: Partial<Record<Subject['name'], Seen>> = {};
    for (const name of names) {
      say(`${count} streams of ${perSecond} tokens a second, ${name}`);
      const arm = await runStreams(stage, stage[name], count, seconds);
      say(`${count} streams, ${name}: ${figures(arm)}`);
      seen[name] = arm;
    }
    all.push({ count, seen: seen as All['seen'] });
  }
  return [latencySection(all), costSection(all)];
};

/** The figures of one arm in a line, for a run that is stopped before its end. */
function figures(arm: Seen): string {
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(arm.latencies, share).toFixed(1));
  const cost = perMillion(totalCpu(arm.cpu), arm).toFixed(0);
  return `p50 ${p50} ms, p99 ${p99} ms, first token ${median(arm.firstTokens).toFixed(0)} ms, ${cost} CPU s a million tokens`;
}

const perMillion = (seconds: number, { tokens }: Seen) => (seconds / tokens) * 1e6;

/** In a first run only the streams; in a second, shorter one other turns begin meanwhile. */
async function runStreams({ provider }: Stage, subject: Subject, count: number, seconds: number): Promise<Seen> {
  const seats = await takeSeats(subject, count);
  const held = async () => {
    await provider.script({ always: heldBack });
    await provider.forget();
  };
  await held();
  let cpu: Cpu = {};
  const streams = await runTogether(provider, seats, { tokens: seconds * perSecond, perSecond }, () => {
    const before = readCpu(subject.pids);
    return () => {
      cpu = cpuSince(before, readCpu(subject.pids));
    };
  });
  await held();
  let begun: Promise<SeenStream[]> = Promise.resolve([]);
  const probeSeconds = Math.ceil((probes * (probePauseMs + 250)) / 1_000);
  await runTogether(provider, seats, { tokens: probeSeconds * perSecond, perSecond }, () => {
    begun = provider.script({ always: stamped({ tokens: 1, perSecond }) }).then(() => beginTurns(subject));
    return () => undefined;
  });
  const firstTokens = (await begun).map(({ postedAt, tokens }) => (tokens[0]?.cameAt ?? Number.NaN) - postedAt);
  for (const seat of seats) seat.leave();
  return { latencies: latencies(streams), firstTokens, tokens: sum(streams.map((each) => each.tokens.length)), cpu };
}

async function beginTurns(subject: Subject): Promise<SeenStream[]> {
  const seats = await takeSeats(subject, 4);
  const seen: SeenStream[] = [];
  for (let n = 0; n < probes; n++) {
    await delay(probePauseMs);
    const seat = seats[n % seats.length] ?? (await takeSeat(subject));
    seen.push(await seat.run());
  }
  for (const seat of seats) seat.leave();
  return seen;
}

function latencySection(all: All[]): Section {
  const rows = all.flatMap(({ count, seen }): Row[] => [
    ...[0.5, 0.99].map((share) =>
      row([`${count} streams, p${share * 100}`, 'ms', `${count} p${share * 100}`], seen, (each) =>
        quantile(each.latencies, share),
      ),
    ),
    row([`${count} streams, first token of another turn, p50`, 'ms', `${count} first`], seen, ({ firstTokens }) =>
      median(firstTokens),
    ),
  ]);
  return { title: `Added to each token at ${perSecond} tokens a second`, rows };
}

function costSection(all: All[]): Section {
  return {
    title: 'Cost of tokens, without the start and end of their turns',
    rows: all.map(({ count, seen }) =>
      row([`CPU per million tokens, ${count} streams`, 's', `${count} cpu`], seen, (each) =>
        perMillion(totalCpu(each.cpu), each),
      ),
    ),
    notes: all.map(({ count, seen: { service } }) => {
      const shares = Object.entries(service.cpu).map(
        ([name, used]) => `${name} ${perMillion(used, service).toFixed(0)}`,
      );
      return `at ${count}, seconds per million tokens: ${shares.join(', ')}`;
    }),
  };
}

type Measure = [what: string, unit: string, target: string];

const row = ([what, unit, target]: Measure, seen: All['seen'], of: (each: Seen) => number): Row => ({
  what,
  unit,
  ...(targets[target] ? { target: targets[target] } : {}),
  service: of(seen.service),
  pipe: of(seen.pipe),
  durable: of(seen.durable),
});

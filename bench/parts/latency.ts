import { addCpu, type Cpu, cpuSince, readCpu, totalCpu } from '../cpu.js';
import type { Row, Section } from '../report.js';
import type { Stage } from '../stage.js';
import { quantile, sum } from '../stats.js';
import { takeSeats } from '../streams.js';
import type { Subject } from '../subject.js';
import { heldBack, latencies, type Pace, runTogether } from '../together.js';
import type { Part } from './part.js';

const tokensPerSecond = 50;
const counts = [1, 20, 100];
const rounds = 2;

type Seen = { latencies: number[]; tokens: number; seconds: number; cpu: Cpu };
const nothing: Seen = { latencies: [], tokens: 0, seconds: 0, cpu: {} };

/** What the way from provider to viewer adds to each token, and what the tokens cost. */
export const latencyPart: Part = async (stage, { quick, say }) => {
  const seconds = quick ? 3 : 6;
  const pace = { tokens: seconds * tokensPerSecond, perSecond: tokensPerSecond };
  await stage.provider.script({ always: heldBack });
  const all: { count: number; service: Seen; pipe: Seen }[] = [];
  for (const count of counts) {
    const seen = { count, service: nothing, pipe: nothing };
    for (let round = 1; round <= rounds; round++) {
      say(`${count} streams of ${tokensPerSecond} tokens a second for ${seconds} s: round ${round} of ${rounds}`);
      for (const name of ['pipe', 'service'] as const)
        seen[name] = join(seen[name], await runStreams(stage, name, count, pace));
    }
    all.push(seen);
  }
  return [latencySection(all), costSection(all)];
};

async function runStreams(
  { provider, ...stage }: Stage,
  name: Subject['name'],
  count: number,
  pace: Pace,
): Promise<Seen> {
  const subject = stage[name];
  const seen = { ...nothing };
  const seats = await takeSeats(subject, count);
  await provider.forget();
  const streams = await runTogether(provider, seats, pace, () => {
    const [before, began] = [readCpu(subject.pids), performance.now()];
    return () => {
      seen.seconds = (performance.now() - began) / 1000;
      seen.cpu = cpuSince(before, readCpu(subject.pids));
    };
  });
  for (const seat of seats) seat.leave();
  return { ...seen, latencies: latencies(streams), tokens: sum(streams.map(({ tokens }) => tokens.length)) };
}

function join(a: Seen, b: Seen): Seen {
  return {
    latencies: [...a.latencies, ...b.latencies],
    tokens: a.tokens + b.tokens,
    seconds: a.seconds + b.seconds,
    cpu: addCpu(a.cpu, b.cpu),
  };
}

type Both = { count: number; service: Seen; pipe: Seen };

function latencySection(all: Both[]): Section {
  const rows = all.flatMap(({ count, service, pipe }): Row[] =>
    [0.5, 0.99].map((share) => ({
      what: `${count} ${count === 1 ? 'stream' : 'streams'}, p${share * 100}`,
      unit: 'ms',
      service: quantile(service.latencies, share),
      pipe: quantile(pipe.latencies, share),
      ...(count === 20 && share === 0.5 ? { target: { below: 2, times: 3 } } : {}),
    })),
  );
  return { title: 'Added to each token on its way to a viewer', rows };
}

function costSection(all: Both[]): Section {
  const perMillion = ({ cpu, tokens }: Seen) => (totalCpu(cpu) / tokens) * 1e6;
  const rows = all.map(({ count, service, pipe }) => ({
    what: `CPU per million tokens, ${count} ${count === 1 ? 'stream' : 'streams'}`,
    unit: 's',
    service: perMillion(service),
    pipe: perMillion(pipe),
  }));
  const notes = all.map(({ count, service }) => `at ${count}: ${shares(service)}`);
  return { title: 'Cost of tokens, without the start and end of their turns', rows, notes };
}

const shares = ({ cpu, seconds }: Seen) =>
  Object.entries(cpu)
    .map(([name, used]) => `${name} ${((used / seconds) * 100).toFixed(0)}%`)
    .join(', ')
    .concat(' of one processor');

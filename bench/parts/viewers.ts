import { stamped } from '../../test/support/provider/scriptedReply.js';
import { cpuSince, readCpu } from '../cpu.js';
import type { Row, Section } from '../report.js';
import type { Stage } from '../stage.js';
import { quantile } from '../stats.js';
import { type Seat, takeSeat } from '../streams.js';
import { livePath, type Subject } from '../subject.js';
import { latencies } from '../together.js';
import type { Part } from './part.js';

const tokensPerSecond = 20;
const counts = [1, 100, 1_000, 10_000];

/** The most milliseconds for the last viewer, at p99. */
const targets: Record<number, number> = { 1000: 50, 10000: 250 };

type Seen = { latencies: number[]; cpuSeconds: number; seconds: number; frames: number };

/** What viewers cost: all on one stream, seen by the one who joined last and is told last. */
export const viewersPart: Part = async (stage, { quick, say }) => {
  const seconds = quick ? 3 : 6;
  await stage.provider.script({ always: stamped({ tokens: seconds * tokensPerSecond, perSecond: tokensPerSecond }) });
  const all: { count: number; service: Seen; pipe: Seen }[] = [];
  for (const count of quick ? counts.filter((each) => each < 10_000) : counts) {
    say(
      `${count} ${viewers(count)} of one stream of ${tokensPerSecond} tokens a second for ${seconds} s on each of both`,
    );
    const pipe = await runFor(stage, stage.pipe, count);
    all.push({ count, pipe, service: await runFor(stage, stage.service, count) });
  }
  return [section(all)];
};

const viewers = (count: number) => (count === 1 ? 'viewer' : 'viewers');

async function runFor(stage: Stage, subject: Subject, count: number): Promise<Seen> {
  const chatId = await subject.newChat();
  if (count > 1) await join(stage, subject, chatId, count - 1);
  const seat: Seat = await takeSeat(subject, chatId);
  // Who sends to viewers: of the service, that is the api.
  const { api = 0, pipe = api } = subject.pids;
  const before = readCpu({ pipe });
  const began = performance.now();
  const stream = await seat.run();
  const seconds = (performance.now() - began) / 1000;
  const { pipe: cpuSeconds = Number.NaN } = cpuSince(before, readCpu({ pipe }));
  seat.leave();
  await stage.crowd.order('leave');
  return { latencies: latencies([stream]), cpuSeconds, seconds, frames: stream.tokens.length * count };
}

async function join({ crowd }: Stage, subject: Subject, chatId: string, count: number): Promise<void> {
  const answer = await crowd.order(`join ${count} ${subject.base}${livePath(chatId)}`);
  if (answer !== `${count} viewers`) throw new Error(`the crowd could not join: ${answer}`);
}

function section(all: { count: number; service: Seen; pipe: Seen }[]): Section {
  const rows = all.flatMap(({ count, service, pipe }): Row[] => {
    const of = (measure: (seen: Seen) => number) => ({ service: measure(service), pipe: measure(pipe) });
    const what = `${count} ${viewers(count)}`;
    return [
      { what: `${what}, last viewer's token, p50`, unit: 'ms', ...of((seen) => quantile(seen.latencies, 0.5)) },
      {
        what: `${what}, last viewer's token, p99`,
        unit: 'ms',
        ...of((seen) => quantile(seen.latencies, 0.99)),
        ...(targets[count] ? { target: { below: targets[count] } } : {}),
      },
      { what: `${what}, one processor's share`, unit: '%', ...of((seen) => (seen.cpuSeconds / seen.seconds) * 100) },
      { what: `${what}, CPU a token and viewer`, unit: 'µs', ...of((seen) => (seen.cpuSeconds / seen.frames) * 1e6) },
    ];
  });
  return { title: 'Viewers of one stream', rows };
}

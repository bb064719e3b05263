import { stamped } from '../../test/support/provider/scriptedReply.js';
import { startFleet } from '../fleet.js';
import type { Row, Section } from '../report.js';
import { serviceEnv } from '../stage.js';
import { quantile } from '../stats.js';
import { takeSeats } from '../streams.js';
import type { Subject } from '../subject.js';
import { heldBack, latencies, runTogether } from '../together.js';
import type { Part } from './part.js';

const perSecond = 20;
const counts = [20, 100];
const shares = [0.5, 0.99];

/** What was seen of the pipe, of the service with one api and one worker, and of that with two of each over Redis. */
type Arms<T> = { pipe: T; one: T; two: T };

/**
 * What Redis between two workers and two gateways adds, beside one of each in the same run: to tokens, each watched at the
 * api that its turn was not posted to, and to the start of a turn.
 */
export const fleetPart: Part = async ({ provider, pipe, service }, { quick, say }) => {
  const pace = { tokens: (quick ? 5 : 15) * perSecond, perSecond };
  say('starting two apis and two workers over Redis');
  const fleet = await startFleet(serviceEnv(provider.baseUrl));
  const arms: Arms<Subject[]> = { pipe: [pipe], one: [service], two: fleet.subjects };

  async function streams(subjects: Subject[], count: number): Promise<number[]> {
    const seats = (await Promise.all(subjects.map((each) => takeSeats(each, count / subjects.length)))).flat();
    await provider.script({ always: heldBack });
    await provider.forget();
    const seen = latencies(await runTogether(provider, seats, pace, () => () => undefined));
    for (const seat of seats) seat.leave();
    return seen;
  }

  /** From the post to the first token, of turns one after the other. */
  async function starts(subjects: Subject[]): Promise<number[]> {
    const seats = (await Promise.all(subjects.map((each) => takeSeats(each, 2)))).flat();
    await provider.script({ always: stamped({ tokens: 3, perSecond: 200 }) });
    const seen: number[] = [];
    for (let n = -seats.length; n < (quick ? 10 : 60); n++) {
      const { postedAt, tokens } = await seats[(n + seats.length) % seats.length]!.run();
      // What runs for the first time is not measured.
      if (n >= 0) seen.push((tokens[0]?.cameAt ?? Number.NaN) - postedAt);
    }
    for (const seat of seats) seat.leave();
    return seen;
  }

  try {
    const rows: Row[] = [];
    for (const count of counts) {
      say(`${count} streams of ${perSecond} tokens a second`);
      rows.push(...rowsOf(`${count} streams`, await ofEach(arms, (subjects) => streams(subjects, count))));
    }
    say('starts of turns, one after the other');
    rows.push(...rowsOf('POST to the first token', await ofEach(arms, starts)));
    return [section(rows)];
  } finally {
    await fleet.close();
  }
};

/** One arm after the other. */
async function ofEach(arms: Arms<Subject[]>, measure: (subjects: Subject[]) => Promise<number[]>) {
  return { pipe: await measure(arms.pipe), one: await measure(arms.one), two: await measure(arms.two) };
}

const rowsOf = (name: string, seen: Arms<number[]>): Row[] =>
  shares.flatMap((share) => {
    const [pipe, one, two] = [seen.pipe, seen.one, seen.two].map((each) => quantile(each, share)) as [
      number,
      number,
      number,
    ];
    const what = `${name}, p${share * 100}`;
    return [
      { what: `${what}: one of each`, unit: 'ms', service: one, pipe },
      { what: `${what}: two of each`, unit: 'ms', service: two, pipe },
      { what: `${what}: two to one`, unit: '', service: two / one },
    ];
  });

const section = (rows: Row[]): Section => ({ title: 'Two apis and two workers over Redis, and one of each', rows });

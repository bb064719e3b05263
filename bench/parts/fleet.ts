import { startFleet } from '../fleet.js';
import type { Row, Section } from '../report.js';
import { serviceEnv } from '../stage.js';
import { quantile } from '../stats.js';
import { takeSeats } from '../streams.js';
import { heldBack, latencies, runTogether } from '../together.js';
import type { Part } from './part.js';

const perSecond = 20;
const counts = [20, 100];

/** What Redis between two workers and two gateways adds: each token is watched at the api that its turn was not posted to. */
export const fleetPart: Part = async ({ provider, pipe }, { quick, say }) => {
  const pace = { tokens: (quick ? 5 : 15) * perSecond, perSecond };
  say('starting two apis and two workers over Redis');
  const fleet = await startFleet(serviceEnv(provider.baseUrl));
  try {
    const rows: Row[] = [];
    for (const count of counts) {
      const measure = async (subjects: (typeof pipe)[]) => {
        const seats = (await Promise.all(subjects.map((each) => takeSeats(each, count / subjects.length)))).flat();
        await provider.script({ always: heldBack });
        await provider.forget();
        const seen = latencies(await runTogether(provider, seats, pace, () => () => undefined));
        for (const seat of seats) seat.leave();
        return seen;
      };
      say(`${count} streams of ${perSecond} tokens a second`);
      const [beside, service] = [await measure([pipe]), await measure(fleet.subjects)];
      for (const share of [0.5, 0.99]) {
        const what = `${count} streams, p${share * 100}`;
        rows.push({ what, unit: 'ms', service: quantile(service, share), pipe: quantile(beside, share) });
      }
    }
    return [section(rows)];
  } finally {
    await fleet.close();
  }
};

const section = (rows: Row[]): Section => ({ title: 'Two gateways and two workers over Redis', rows });

import { until } from '../../test/support/until.js';
import { check } from '../chaos/checks/check.js';
import type { Tally } from '../chaos/faults/lanes.js';
import type { Running } from '../chaos/run.js';
import type { ServiceBuild } from './builds.js';
import type { Place } from './fleet.js';
import type { ProductionTestbed } from './testbed.js';

type InProduction = Running<ProductionTestbed>;

/** Something that happens in a production. `run` throws when it had no effect, or turns did not run meanwhile. */
export type Stage = { name: string; run(running: InProduction): Promise<void> };

const turnsWithinMs = 120_000;

/** Waits until so many turns were accepted, and ended, after this call. */
async function turnsPass({ book }: InProduction, atLeast: number): Promise<void> {
  const since = Date.now();
  const passed = () =>
    [...book.turns.values()].filter((turn) => turn.acceptedAt > since && turn.endedAt !== null).length;
  await until(`${atLeast} turns are accepted and end`, async () => (passed() >= atLeast ? true : null), turnsWithinMs);
}

/** Replaces the process of each place, one after the other, as a rolling deploy does. */
async function roll(running: InProduction, places: Place[], to: ServiceBuild): Promise<void> {
  for (const place of places) {
    running.recovery.mark(`term ${place.role}`);
    await place.stop('SIGTERM');
    await place.start(to);
  }
}

/** The order of an upgrade, each step with turns in between; then a roll back of the apis. */
const upgrade: Stage[] = [
  { name: 'previous apis and workers on the new schema', run: (running) => turnsPass(running, 12) },
  {
    name: 'new apis, previous workers',
    async run(running) {
      await roll(running, running.testbed.apis, running.testbed.current);
      await turnsPass(running, 16);
    },
  },
  {
    name: 'new workers',
    async run(running) {
      await roll(running, running.testbed.workers, running.testbed.current);
      await turnsPass(running, 12);
    },
  },
  {
    name: 'previous apis, new workers',
    async run(running) {
      const { apis, current, previous } = running.testbed;
      await roll(running, apis, previous ?? current);
      await turnsPass(running, 16);
      await roll(running, apis, current);
    },
  },
];

const outages: Stage[] = [
  {
    name: 'every api and worker is restarted',
    async run(running) {
      const { apis, workers, current } = running.testbed;
      await roll(running, [...apis, ...workers], current);
      await turnsPass(running, 8);
    },
  },
  {
    name: 'a gateway is lost',
    async run(running) {
      const lost = running.testbed.apis[0];
      running.recovery.mark('kill api');
      await lost?.stop('SIGKILL');
      await turnsPass(running, 12);
      await lost?.start(running.testbed.current);
    },
  },
  {
    name: 'a worker is lost',
    async run(running) {
      const lost = running.testbed.workers[0];
      running.recovery.mark('kill worker');
      await lost?.stop('SIGKILL');
      await turnsPass(running, 12);
      await lost?.start(running.testbed.current);
    },
  },
  {
    name: 'Redis is lost',
    async run(running) {
      const { redis } = running.testbed.production;
      await redis.stop();
      await turnsPass(running, 12);
      await redis.start();
      await turnsPass(running, 8);
    },
  },
  {
    name: 'PgBouncer is restarted',
    async run(running) {
      running.recovery.mark('restart pooler');
      await running.testbed.production.pooler.restart();
      await turnsPass(running, 8);
    },
  },
  {
    name: 'the Temporal server is restarted',
    async run(running) {
      const { temporal } = running.testbed.production;
      running.recovery.mark('term temporal');
      await temporal.stop('SIGTERM');
      await temporal.start();
      await turnsPass(running, 8);
    },
  },
  {
    name: 'the Temporal server is killed',
    async run(running) {
      const { temporal } = running.testbed.production;
      running.recovery.mark('kill temporal');
      await temporal.stop('SIGKILL');
      await temporal.start();
      await turnsPass(running, 8);
    },
  },
  {
    name: 'Postgres of the service is restarted',
    async run(running) {
      running.recovery.mark('shut down postgres');
      await running.testbed.production.postgres.stop('SIGINT');
      await running.testbed.production.postgres.start();
      await turnsPass(running, 8);
    },
  },
  {
    name: 'Postgres of Temporal is restarted',
    async run(running) {
      running.recovery.mark('shut down postgres');
      await running.testbed.production.temporalPostgres.stop('SIGINT');
      await running.testbed.production.temporalPostgres.start();
      await turnsPass(running, 8);
    },
  },
];

const stagesOf = ({ previous }: ProductionTestbed): Stage[] => [...(previous ? upgrade : []), ...outages];

/** Runs the stages one after the other. One that fails is recorded, and the next one runs. */
export async function runStages(
  running: InProduction,
  { say, signal }: { say: (line: string) => void; signal: AbortSignal },
) {
  const tally: Tally = new Map();
  const passed = check('stages in which turns did not run');
  for (const { name, run } of stagesOf(running.testbed)) {
    signal.throwIfAborted();
    const before = Date.now();
    const error = await run(running).then(
      () => null,
      (reason: unknown) => String(reason),
    );
    tally.set(name, { tried: 1, fired: error === null ? 1 : 0 });
    passed.record(name, error === null ? [] : [error]);
    say(`${name}: ${error ?? `passed in ${Math.round((Date.now() - before) / 1_000)} s`}`);
  }
  return { tally, check: passed.done() };
}

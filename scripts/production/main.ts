import { parseArgs } from 'node:util';
import type { Check } from '../chaos/checks/check.js';
import { runCommandLine } from '../chaos/command.js';
import { count } from '../chaos/options.js';
import { openOutput, runOn } from '../chaos/run.js';
import { measureLoad, renderLoad } from './load.js';
import { runStages } from './stages.js';
import { withProduction } from './testbed.js';

/**
 * `npm run production:check`: two apis and two workers on a Temporal server with Postgres, PgBouncer and Redis; an
 * upgrade from the previous version under turns of every kind, then the outages of a production. Checks what
 * `npm run chaos` checks. `--measure N` runs N turns in each chat before, and prints what they cost, and leaves the upgrade
 * out.
 */
const usage =
  'npm run production:check -- [--measure TURNS] [--chats 8] [--words 40] [--previous REV | --no-previous] [--seed 1] [--out FOLDER]';
const everyMs = 25;

function readOptions(args: string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      measure: text,
      chats: text,
      words: text,
      previous: text,
      'no-previous': { type: 'boolean' },
      seed: text,
      out: text,
    },
  });
  return {
    measure: values.measure === undefined ? null : count('measure', values.measure, 100),
    chats: count('chats', values.chats ?? '8', 100),
    words: count('words', values.words ?? '40', 2_000),
    seed: count('seed', values.seed ?? '1', 2 ** 31),
    previous: values['no-previous'] ? null : values.previous ? { rev: values.previous } : {},
    out: values.out ?? `.data/production/${new Date().toISOString().replace(/[:.]/g, '-')}`,
  };
}

await runCommandLine({
  usage,
  async run(say, signal) {
    const options = readOptions(process.argv.slice(2));
    const { chats, words, seed, out, measure } = options;
    const previous = measure === null ? options.previous : null;
    await openOutput(out, options);
    const stages: Check[] = [];
    const report = await withProduction({ pace: { words, everyMs }, previous, say, signal }, async (testbed) => {
      const first = testbed.previous ?? testbed.current;
      say(`starting two apis and two workers of ${first.name}`);
      await Promise.all([...testbed.apis, ...testbed.workers].map((place) => place.start(first)));
      if (measure !== null) say(renderLoad(await measureLoad(testbed, chats, measure)));
      return runOn(testbed, {
        title: `Production: two apis, two workers, Temporal on Postgres, PgBouncer, Redis${testbed.previous ? `; upgraded from ${testbed.previous.name}` : ''}`,
        ...{ seed, chats, quietSeconds: 180, out, say, signal },
        async injectFaults(running) {
          const { tally, check } = await runStages(running, { say, signal });
          stages.push(check);
          return tally;
        },
      });
    });
    return { report: { ...report, checks: [...stages, ...report.checks] }, out };
  },
});

import { join } from 'node:path';
import { bounded } from '../../lib/bounded.js';
import { runCommandLine } from './command.js';
import { faultsNamed } from './faults/index.js';
import { runFaults } from './faults/lanes.js';
import { readOptions, usage } from './options.js';
import { openOutput, runOn } from './run.js';
import { onStage } from './stage.js';

/** `npm run chaos`: a service of its own, all kinds of turns, faults of every kind, and then every invariant. */
const everyMs = 25;

await runCommandLine({
  usage,
  async run(say, signal) {
    const options = readOptions(process.argv.slice(2));
    const { minutes, seed, api, chats, lanes, pauseSeconds, words, out, quietSeconds } = options;
    const faults = faultsNamed(options.faults);
    await openOutput(out, options);
    const report = await onStage({ api, pace: { words, everyMs }, say, signal }, (stage) => {
      say(`seed ${seed}: ${minutes} minutes, ${chats} chats, ${faults.length} kinds of fault, ${api} API`);
      return runOn(stage, {
        title: `Chaos: seed ${seed}, ${minutes} minutes, ${chats} chats, ${api} API`,
        ...{ seed, chats, quietSeconds, out, say, signal },
        disturb: async (running) => {
          const during = bounded(signal, minutes * 60_000);
          const lanesOf = { faults, lanes, seed, pauseMs: pauseSeconds * 1_000, logFile: join(out, 'faults.jsonl') };
          return runFaults({ ...running, signal: during.signal }, lanesOf).finally(during.end);
        },
      });
    });
    return { report, out };
  },
});

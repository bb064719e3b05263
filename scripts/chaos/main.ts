import { join } from 'node:path';
import { bounded } from '../../lib/bounded.js';
import { runCommandLine } from './command.js';
import { faultsNamed } from './faults/index.js';
import { runFaults } from './faults/lanes.js';
import { readOptions, usage } from './options.js';
import { openOutput, runOn } from './run.js';
import { withTestbed } from './testbed.js';

/** `npm run chaos`: runs turns of every kind under faults of every kind on its own service, then checks every invariant. */
const everyMs = 25;

await runCommandLine({
  usage,
  async run(say, signal) {
    const options = readOptions(process.argv.slice(2));
    const { minutes, seed, api, chats, lanes, pauseSeconds, words, out, quietSeconds } = options;
    const faults = faultsNamed(options.faults);
    await openOutput(out, options);
    const report = await withTestbed({ api, pace: { words, everyMs }, say, signal }, (testbed) => {
      say(`seed ${seed}: ${minutes} minutes, ${chats} chats, ${faults.length} kinds of fault, ${api} API`);
      return runOn(testbed, {
        title: `Chaos: seed ${seed}, ${minutes} minutes, ${chats} chats, ${api} API`,
        ...{ seed, chats, quietSeconds, out, say, signal },
        injectFaults: async (running) => {
          const during = bounded(signal, minutes * 60_000);
          const laneOptions = {
            faults,
            lanes,
            seed,
            pauseMs: pauseSeconds * 1_000,
            logFile: join(out, 'faults.jsonl'),
          };
          return runFaults({ ...running, signal: during.signal }, laneOptions).finally(during.end);
        },
      });
    });
    return { report, out };
  },
});

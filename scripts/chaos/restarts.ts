import { parseArgs } from 'node:util';
import { type Check, check } from './checks/check.js';
import { runCommandLine } from './command.js';
import { missed } from './faults/fault.js';
import type { Tally } from './faults/lanes.js';
import { pause } from './faults/pause.js';
import { rollingRestarts } from './faults/processes.js';
import { count } from './options.js';
import type { Report } from './report/report.js';
import { openOutput, type Running, runOn } from './run.js';
import { createSeededRandom } from './seededRandom.js';
import { withTestbed } from './testbed.js';

/**
 * `npm run chaos:restarts`: restarts the worker and the api alternately, as deploys do, while replies stream. No reply may
 * be requested again, and no viewer may see a restart.
 */
const usage = 'npm run chaos:restarts -- --times 100 --streams 20 [--seed S] [--api chat|responses] [--out FOLDER]';
/** Replies of about eight seconds. With shorter ones most restarts would happen between two replies. */
const pace = { words: 200, everyMs: 40 };
const betweenMs = { least: 500, most: 2_000 };
const streamingWithinMs = 30_000;

function readOptions(args: string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args, options: { times: text, streams: text, seed: text, api: text, out: text } });
  const api = values.api ?? 'chat';
  if (api !== 'chat' && api !== 'responses') throw new Error(`--api ${api}: must be chat or responses`);
  return {
    times: count('times', values.times ?? '100', 1_000),
    streams: count('streams', values.streams ?? '20', 200),
    seed: count('seed', values.seed ?? '1', 2 ** 31),
    api,
    out: values.out ?? `.data/chaos/${new Date().toISOString().replace(/[:.]/g, '-')}-restarts`,
  } as const;
}

await runCommandLine({
  usage,
  async run(say, signal) {
    const options = readOptions(process.argv.slice(2));
    const { times, streams, seed, api, out } = options;
    await openOutput(out, options);
    const report = await withTestbed({ api, pace, say, signal }, (testbed) => {
      say(`${times} restarts of worker and api in turn, under ${streams} streams`);
      return runOn(testbed, {
        title: `Rolling restarts: ${times} of worker and api, ${streams} streams, ${api} API`,
        ...{ seed, chats: streams, quietSeconds: 180, out, say, signal },
        injectFaults: (running) => restart(running, { times, seed, signal }),
      });
    });
    return { report: { ...report, checks: [...report.checks, ...costs(report)] }, out };
  },
});

/** Checks that restarts cost no request and no restart of a viewer. */
function costs({ calls, restartsSeen, streams }: Report): Check[] {
  const again = check('replies that were requested again');
  again.record('provider', calls.repliesAgain > 0 ? [`${calls.repliesAgain} requests`] : [], calls.all);
  const restarts = check('restarts that viewers saw');
  restarts.record('viewers', restartsSeen > 0 ? [`${restartsSeen} frames`] : [], streams.inFlight);
  return [again.done(), restarts.done()];
}

type Restarts = { times: number; seed: number; signal: AbortSignal };

async function restart(running: Running, { times, seed, signal }: Restarts): Promise<Tally> {
  const random = createSeededRandom(seed, 'restarts');
  const tally: Tally = new Map(rollingRestarts.map(({ name }) => [name, { tried: 0, fired: 0 }]));
  for (let n = 0; n < times && !signal.aborted; n++) {
    await untilStreaming(running, Math.ceil(running.traffic.viewers.length / 4), signal);
    const fault = rollingRestarts[n % rollingRestarts.length]!;
    const outcome = await fault.run({ ...running, random, signal }).catch((error: unknown) => missed(String(error)));
    const counted = tally.get(fault.name)!;
    counted.tried += 1;
    if (outcome.fired) counted.fired += 1;
    await pause(random.between(betweenMs.least, betweenMs.most), signal);
  }
  return tally;
}

/** Waits until enough replies stream, at most `streamingWithinMs`: a slow machine may have fewer streams. */
async function untilStreaming({ testbed }: Running, atLeast: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + streamingWithinMs;
  while (!signal.aborted && Date.now() < until && testbed.provider.faultProxy.streams().length < atLeast) {
    await pause(100, signal);
  }
}

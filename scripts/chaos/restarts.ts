import { parseArgs } from 'node:util';
import { type Check, check } from './checks/check.js';
import { runCommandLine } from './command.js';
import { createDice } from './dice.js';
import { missed } from './faults/fault.js';
import type { Tally } from './faults/lanes.js';
import { pause } from './faults/pause.js';
import { rollingRestarts } from './faults/processes.js';
import { count } from './options.js';
import type { Report } from './report/report.js';
import { openOutput, type Running, runOn } from './run.js';
import { onStage } from './stage.js';

/**
 * `npm run chaos:restarts`: nothing but deploys. The worker and the api are asked to end, in turn, while replies
 * stream; no reply may be lost by that, so none may be asked for again, and no viewer may see a restart.
 */
const usage = 'npm run chaos:restarts -- --times 100 --streams 20 [--seed S] [--api chat|responses] [--out FOLDER]';
/** Replies of about eight seconds: with fewer than that most restarts would find a chat between two of them. */
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
    const report = await onStage({ api, pace, say, signal }, (stage) => {
      say(`${times} restarts of worker and api in turn, under ${streams} streams`);
      return runOn(stage, {
        title: `Rolling restarts: ${times} of worker and api, ${streams} streams, ${api} API`,
        ...{ seed, chats: streams, quietSeconds: 180, out, say, signal },
        disturb: (running) => restart(running, { times, seed, signal }),
      });
    });
    return { report: { ...report, checks: [...report.checks, ...costs(report)] }, out };
  },
});

/** What a deploy must not cost. */
function costs({ calls, restartsSeen, streams }: Report): Check[] {
  const again = check('replies that were bought again');
  again.see('provider', calls.repliesAgain > 0 ? [`${calls.repliesAgain} requests`] : [], calls.all);
  const restarts = check('restarts that viewers saw');
  restarts.see('viewers', restartsSeen > 0 ? [`${restartsSeen} frames`] : [], streams.inFlight);
  return [again.done(), restarts.done()];
}

type Restarts = { times: number; seed: number; signal: AbortSignal };

async function restart(running: Running, { times, seed, signal }: Restarts): Promise<Tally> {
  const dice = createDice(seed, 'restarts');
  const tally: Tally = new Map(rollingRestarts.map(({ name }) => [name, { tried: 0, fired: 0 }]));
  for (let n = 0; n < times && !signal.aborted; n++) {
    await untilStreaming(running, Math.ceil(running.traffic.viewers.length / 4), signal);
    const fault = rollingRestarts[n % rollingRestarts.length]!;
    const outcome = await fault.run({ ...running, dice, signal }).catch((error: unknown) => missed(String(error)));
    const counted = tally.get(fault.name)!;
    counted.tried += 1;
    if (outcome.fired) counted.fired += 1;
    await pause(dice.between(betweenMs.least, betweenMs.most), signal);
  }
  return tally;
}

/** A restart between two replies would show nothing. On a slow machine there may be fewer streams than asked for. */
async function untilStreaming({ stage }: Running, atLeast: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + streamingWithinMs;
  while (!signal.aborted && Date.now() < until && stage.provider.front.streams().length < atLeast) {
    await pause(100, signal);
  }
}

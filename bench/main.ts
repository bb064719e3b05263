import { clockOffset } from './clock.js';
import { type BenchOptions, type PartName, readOptions, usage } from './options.js';
import { dialectsPart } from './parts/dialects.js';
import { fanOutPart } from './parts/fanOut.js';
import { fleetPart } from './parts/fleet.js';
import { latencyPart } from './parts/latency.js';
import { longChatsPart } from './parts/longChats.js';
import type { Part } from './parts/part.js';
import { sharesPart } from './parts/shares.js';
import { startPart } from './parts/start.js';
import { streamsPart } from './parts/streams.js';
import { turnsPart } from './parts/turns.js';
import { viewersPart } from './parts/viewers.js';
import { render } from './report.js';
import { openStage, type Stage } from './stage.js';

/** `npm run bench`: what the service costs beside the shortest possible pipe and the shortest durable design, in one run. */
const parts: Record<PartName, Part> = {
  start: startPart,
  dialects: dialectsPart,
  latency: latencyPart,
  streams: streamsPart,
  turns: turnsPart,
  fanOut: fanOutPart,
  viewers: viewersPart,
  fleet: fleetPart,
  longChats: longChatsPart,
  shares: sharesPart,
};

const began = performance.now();
const say = (line: string) =>
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);

async function main(options: BenchOptions): Promise<void> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => reject(new Error(`stopped by ${signal}`)));
    }
  });
  interrupted.catch(() => undefined); // also when it comes while the stage is being set: the race below sees it
  say('starting the provider, the service and the pipe');
  const stage = await openStage();
  try {
    await Promise.race([measure(stage, options), interrupted]);
  } finally {
    say('stopping');
    await stage.close();
  }
}

async function measure(stage: Stage, { only, quick, streams }: BenchOptions): Promise<void> {
  say(`clocks differ by ${(await clockOffset(stage.provider)).toFixed(3)} ms`);
  for (const name of only) {
    const sections = await parts[name](stage, { quick, streams, say: (line) => say(`${name}: ${line}`) });
    console.log(`\n${sections.map(render).join('\n')}`);
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error, `\n${usage}`);
  process.exitCode = 1;
}
process.exit();

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../start/failure.js';
import { isSound, type Report, render } from './report/report.js';

export type Command = {
  usage: string;
  run: (say: (line: string) => void, signal: AbortSignal) => Promise<{ report: Report; out: string }>;
};

/** Exit after this time, in milliseconds. Longer than all time limits at the end of a run and of the service. */
const exitAfterMs = 120_000;

/** Runs a command line: progress to stderr, the report to stdout, exit code 1 for a breach or an error. Ctrl-C stops it. */
export async function runCommandLine({ usage, run }: Command): Promise<never> {
  const began = performance.now();
  const say = (line: string) =>
    console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) return;
      say(`stopped by ${signal}`);
      stop.abort(new Error(`stopped by ${signal}`));
      // The guards stop what still runs when this process has exited.
      void delay(exitAfterMs).then(() => process.exit(1));
    });
  }
  try {
    const { report, out } = await run(say, stop.signal);
    await writeFile(join(out, 'report.json'), JSON.stringify(report, null, 1));
    console.log(render(report));
    console.log(`Saved in ${out}`);
    process.exit(isSound(report) ? 0 : 1);
  } catch (error) {
    console.error(messageOf(error));
    if (!stop.signal.aborted) console.error(`\n${usage}`);
    process.exit(1);
  }
}

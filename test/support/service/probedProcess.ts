import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';

/** A Node process with an event loop of its own that can be measured. */
export type ProbedProcess = {
  pid: number;
  /**
   * Milliseconds that its event loop was held at most since this was last asked: by the clock, or, where that is less
   * because the machine had other work, by the processor time that it took. Rejects when the process ends.
   */
  heldMs(): Promise<number>;
  /** MiB that it had in memory at most since this was last asked. Linux only. */
  peakMiB(): Promise<number>;
  /** Ends it: in order, or by force after `withinMs`. */
  stop(withinMs?: number): Promise<void>;
};

const probe = new URL('loopProbe.mjs', import.meta.url).href;

/** Starts `node ARGS` in a folder. */
export function startProbedProcess(args: string[], { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) {
  const child = spawn(process.execPath, ['--import', probe, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const ended = gone.then(() => Promise.reject(new Error('the process has ended')));
  ended.catch(() => undefined);
  const probed: ProbedProcess = {
    pid: child.pid!,
    async heldMs() {
      const answer = once(child, 'message');
      child.send('how long?');
      const [{ delayMs, cpuMs }] = (await Promise.race([answer, ended])) as [{ delayMs: number; cpuMs: number }];
      return Math.round(Math.min(delayMs, cpuMs));
    },
    async peakMiB() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      await writeFile(`/proc/${child.pid}/clear_refs`, '5');
      return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024);
    },
    async stop(withinMs = 15_000) {
      const late = setTimeout(() => child.kill('SIGKILL'), withinMs);
      child.kill('SIGTERM');
      await gone;
      clearTimeout(late);
    },
  };
  return probed;
}

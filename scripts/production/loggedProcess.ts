import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export type LoggedProcess = {
  pid: number;
  /** Rejects when the process ends before `stop` was called. */
  failed: Promise<never>;
  /** Resolves once a line of its output contains the text. Rejects after the bound. */
  untilLine(text: string, withinMs: number): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
};

type Options = { file: string; args: string[]; cwd?: string; env: NodeJS.ProcessEnv; log: string };

/** Longer than a worker drains. */
const stopWithinMs = 60_000;

/** Starts a process whose output is appended to a file. */
export function startLogged({ file, args, cwd, env, log }: Options): LoggedProcess {
  const child = spawn(file, args, { ...(cwd ? { cwd } : {}), env, stdio: ['ignore', 'pipe', 'pipe'] });
  const to = createWriteStream(log, { flags: 'a' });
  const waiting = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      to.write(`${line}\n`);
      for (const look of [...waiting]) look(line);
    });
  }
  let isStopping = false;
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      to.end();
      if (!isStopping) reject(new Error(`${file} ${args[0] ?? ''} ended with ${code ?? signal}: ${log}`));
    });
  });
  failed.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    failed,
    untilLine: (text, withinMs) => Promise.race([failed, lineWith(waiting, text, withinMs)]),
    async stop(signal) {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      child.kill(signal);
      await gone;
      clearTimeout(late);
    },
  };
}

function lineWith(waiting: Set<(line: string) => void>, text: string, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(late);
      waiting.delete(look);
      then();
    };
    const look = (line: string) => {
      if (line.includes(text)) settle(resolve);
    };
    const late = setTimeout(
      () => settle(() => reject(new Error(`no line with ${text} within ${withinMs} ms`))),
      withinMs,
    );
    waiting.add(look);
  });
}

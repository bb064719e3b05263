import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundledCommand } from '../../../scripts/processes/nodeCommand.js';

export type WorkerProcess = {
  pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with its exit code when it has ended; null when a signal ended it. */
  gone: Promise<number | null>;
  /** Its log's messages so far. */
  said(): string[];
  stop(): Promise<void>;
};

const readyWithinMs = 60_000;

/** A worker as `npm start` runs it, in a process of its own, with the workflows of the run. Resolves once it polls. */
export async function startWorkerProcess(env: Record<string, string>): Promise<WorkerProcess> {
  const { TEST_PROCESSES_DIR: processes = '', TEST_WORKFLOW_BUNDLE: workflows } = process.env;
  const { file, args, cwd } = bundledCommand(join(processes, 'worker.mjs'));
  const child = spawn(file, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'info', WORKFLOW_BUNDLE: workflows, ...env },
  });
  const said: string[] = [];
  const gone = once(child, 'exit').then(([code]) => code as number | null);
  await ready(child, said);
  return {
    pid: child.pid!,
    kill: (signal) => void child.kill(signal),
    gone,
    said: () => [...said],
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function ready(child: ChildProcess, said: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the worker was not ready within ${readyWithinMs / 1000} s`));
    }, readyWithinMs);
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code} before it was ready`)));
    createInterface(child.stdout!).on('line', (line) => {
      const message = messageOf(line);
      said.push(message);
      if (message !== 'worker is ready') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function messageOf(line: string): string {
  try {
    return String((JSON.parse(line) as { msg?: unknown }).msg);
  } catch {
    return line;
  }
}

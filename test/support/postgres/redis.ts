import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '../service/freePort.js';

export type TestRedis = {
  url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** It keeps its connections and accepts new ones, but answers nothing. */
  hang(): void;
  resume(): void;
};

/**
 * A Redis of the test's own, kept in memory, with further arguments if given. It is not installed with the packages: CI
 * installs it.
 */
export async function startRedis(...args: string[]): Promise<TestRedis> {
  const port = await freePort();
  let child = await run(port, args);
  return {
    url: `redis://127.0.0.1:${port}`,
    hang: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    async start() {
      child = await run(port, args);
    },
  };
}

async function run(port: number, more: string[]): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', () =>
      reject(new Error('redis-server is not on the PATH: install it (apt-get install redis-server) to run this test')),
    );
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
  });
  await Promise.race([failed, answers(port)]);
  failed.catch(() => undefined); // from here on its end is the test's doing
  return child;
}

async function answers(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await accepts(port))) {
    if (Date.now() > deadline) throw new Error('redis-server did not answer within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A script of the bench in a process of its own, which answers each line with a line. It ends with us. */
export type Script = {
  pid: number;
  /** The first line that it printed. */
  said: string;
  order(line: string): Promise<string>;
  stop(): Promise<void>;
};

const patienceMs = 30_000;

export async function startScript(path: string, env: Record<string, string> = {}): Promise<Script> {
  const child = spawn(process.execPath, ['--import', 'tsx', path], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const nextLine = async () => {
    const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(patienceMs) });
    return String(line);
  };
  return {
    pid: child.pid ?? 0,
    said: await nextLine(),
    async order(line) {
      const answer = nextLine();
      child.stdin.write(`${line}\n`);
      return answer;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(patienceMs) });
      child.kill('SIGTERM');
      await ended;
    },
  };
}

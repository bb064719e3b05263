import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

declare global {
  var durableTurnsServers: ChildProcess | undefined;
}

const startWithinMs = 300_000;

/**
 * One Postgres and one Temporal server for the whole run, in a child process of their own: Jest transpiles this
 * file but not what it imports, and a child that lives by its stdin leaves nothing behind when Jest is killed.
 */
export default async function setup(): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/service/servers.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.durableTurnsServers = child;
  Object.assign(process.env, await firstLine(child));
}

/** The child's first line: a JSON object of environment variables. */
function firstLine(child: ChildProcess): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`the test servers were not up within ${startWithinMs / 1000} s`));
    }, startWithinMs);
    child.once('exit', (code) => reject(new Error(`the test servers ended with ${code} before they were up`)));
    if (!child.stdout) throw new Error('the test servers have no output');
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(timer);
      resolve(JSON.parse(line) as Record<string, string>);
    });
  });
}

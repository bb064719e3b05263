import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * One Postgres and one Temporal server for the whole run, in a child process of their own: Jest transpiles this
 * file but not what it imports, and a child that lives by its stdin leaves nothing behind when Jest is killed.
 */
export default async function setup(): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/service/servers.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.durableTurnsChildren ??= {};
  globalThis.durableTurnsChildren['test servers'] = child;
  Object.assign(process.env, await firstLine(child));
}

/** The child's first line: a JSON object of environment variables. The child itself bounds its start. */
function firstLine(child: ChildProcess): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the test servers ended with ${code} before they were up`)));
    if (!child.stdout) throw new Error('the test servers have no output');
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as Record<string, string>));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const withinMs = 120_000;

/** Bundles the tests without servers, in a process of its own: Jest transpiles this file but not what it imports. */
export default async function setup(): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/jest/bundleWithoutServers.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.durableTurnsChildren ??= {};
  globalThis.durableTurnsChildren['process of the bundles'] = child;
  process.env.TEST_BUNDLES_WITHOUT_SERVERS = await firstLine(child);
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill();
      reject(new Error(`the tests were not bundled within ${withinMs / 1_000} s`));
    }, withinMs);
    child.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`bundling the tests ended with ${code}`));
    });
    createInterface(child.stdout!).once('line', (line) => {
      clearTimeout(late);
      resolve(line);
    });
  });
}

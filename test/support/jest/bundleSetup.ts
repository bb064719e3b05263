import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const withinMs = 120_000;

/**
 * Bundles the tests without servers, in a process of its own: Jest transpiles this file but not what it imports. The
 * folder is removed after the run.
 */
export default async function setup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-tests-'));
  process.env.TEST_BUNDLES_WITHOUT_SERVERS = folder;
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'), 'dir');
  const args = ['--import', 'tsx', 'test/support/jest/bundleWithoutServers.ts', folder];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const late = setTimeout(() => child.kill(), withinMs);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(late);
  if (code !== 0) throw new Error(`bundling the tests ended with ${code ?? signal}`);
}

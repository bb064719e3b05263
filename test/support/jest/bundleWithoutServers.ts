import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stop } from 'esbuild';
import { bundleTests, testFolders } from './bundleTests.js';

/**
 * Bundles the tests without servers into a folder and prints its path. Removes the folder when its standard input ends,
 * and so also when Jest is killed.
 */
const over = once(process.stdin.resume(), 'close');
const folder = await mkdtemp(join(tmpdir(), 'durable-turns-tests-'));
try {
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'), 'dir');
  await bundleTests(folder, testFolders.withoutServers);
  await stop();
  console.log(folder);
  await over;
} finally {
  await rm(folder, { recursive: true, force: true });
}

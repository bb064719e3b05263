import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeCommand } from '../processes/nodeCommand.js';
import { runCommand } from '../processes/runCommand.js';
import { rooms } from '../rooms.js';
import { buildOnce, hashFiles } from './buildCache.js';

/** Where builds are kept for the next start, and what cuts one off. */
type Building = { cacheDir: string; signal: AbortSignal };

const root = fileURLToPath(new URL('../../', import.meta.url));

/** All that a build is made of: the sources, what bundles them, and the packages that are installed. */
const inputs = [
  ...rooms,
  'config.ts',
  'client/src',
  'scripts/builds',
  'package.json',
  'tsconfig.base.json',
  'node_modules/.package-lock.json',
  'package-lock.json',
];

type Build = { name: string; script: string; args: (folder: string) => string[]; withinMs: number };

async function build(to: string, { cacheDir, signal }: Building, { name, script, args, withinMs }: Build) {
  const key = { cacheDir, name, inputs: await hashFiles(root, inputs, process.version) };
  await buildOnce(to, key, async (folder) => {
    await runCommand(nodeCommand(script, ...args(folder)), { signal, withinMs });
  });
}

/**
 * Bundles the workflows once, so that a worker that is started again need not: that is seconds of every turn that
 * waits for it. Gives the file, which is in `folder`.
 */
export async function buildWorkflows(folder: string, building: Building, which: 'plain' | 'traced'): Promise<string> {
  const fileIn = (place: string) => join(place, 'workflows.js');
  await build(folder, building, {
    name: `workflows-${which}`,
    script: 'scripts/builds/bundleWorkflows.ts',
    args: (place) => [fileIn(place), '--only', which],
    withinMs: 120_000,
  });
  return fileIn(folder);
}

/** Bundles the api and the worker into `folder`; they start in half the time then. */
export function buildProcesses(folder: string, building: Building): Promise<void> {
  const args = (place: string) => [place];
  return build(folder, building, {
    name: 'processes',
    script: 'scripts/builds/bundleProcesses.ts',
    args,
    withinMs: 60_000,
  });
}

/** Builds the viewer page for the api to serve. */
export function buildPage(folder: string, building: Building): Promise<void> {
  const args = (place: string) => [place];
  return build(folder, building, { name: 'page', script: 'scripts/builds/bundlePage.ts', args, withinMs: 60_000 });
}

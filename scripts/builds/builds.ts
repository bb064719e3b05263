import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeCommand } from '../processes/nodeCommand.js';
import { runCommand } from '../processes/runCommand.js';
import { rooms } from '../rooms.js';
import { buildOnce, hashFiles } from './buildCache.js';

/** The folder of the cache, and the signal that aborts a build. */
type BuildContext = { cacheDir: string; signal: AbortSignal };

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The inputs of every build: the sources, the bundling scripts and the installed packages. */
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

/** Read once a process: an edit while it starts would give builds of different sources. */
let hashed: Promise<string> | undefined;
function hashInputs(): Promise<string> {
  hashed ??= hashFiles(root, inputs, process.version, process.arch);
  return hashed;
}

type Build = {
  name: string;
  script: string;
  args: (folder: string) => string[];
  withinMs: number;
  isShared?: boolean;
};

async function build(
  to: string,
  { cacheDir, signal }: BuildContext,
  { name, script, args, withinMs, isShared }: Build,
) {
  const key = { cacheDir, name, isShared, inputs: await hashInputs() };
  await buildOnce(to, key, async (folder) => {
    await runCommand(nodeCommand(script, ...args(folder)), { signal, withinMs });
  });
}

/**
 * Bundles the workflows into `folder` and gives the file. A worker that bundled them itself would take seconds longer to
 * restart.
 */
export async function buildWorkflows(
  folder: string,
  context: BuildContext,
  which: 'plain' | 'traced',
): Promise<string> {
  const fileIn = (place: string) => join(place, 'workflows.js');
  await build(folder, context, {
    name: `workflows-${which}`,
    script: 'scripts/builds/bundleWorkflows.ts',
    args: (place) => [fileIn(place), '--only', which],
    withinMs: 240_000,
  });
  return fileIn(folder);
}

/** Bundles the api and the worker into `folder`. Bundled they start in less than half the time. */
export function buildProcesses(folder: string, context: BuildContext): Promise<void> {
  const args = (place: string) => [place];
  return build(folder, context, {
    name: 'processes',
    script: 'scripts/builds/bundleProcesses.ts',
    args,
    withinMs: 240_000,
    isShared: true,
  });
}

/** Builds the viewer page for the api to serve. */
export function buildPage(folder: string, context: BuildContext): Promise<void> {
  const args = (place: string) => [place];
  return build(folder, context, { name: 'page', script: 'scripts/builds/bundlePage.ts', args, withinMs: 60_000 });
}

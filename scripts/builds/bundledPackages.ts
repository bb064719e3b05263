import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

const onDemand = ['@temporalio/worker/lib/workflow/bundler.js', '@temporalio/worker/lib/debug-replayer/index.js'];

/**
 * Stands for the SDK's bundler of workflows, which loads webpack, and for its debugger: a worker with a bundle of its
 * workflows needs neither.
 */
const loadedOnDemand = (path: string) =>
  `module.exports = new Proxy({}, { get: (_, name) => require(${JSON.stringify(path)})[name] });`;

const threadFile = "require.resolve('./workflow-worker-thread')";
const installedThreadFile = '@temporalio/worker/lib/workflow/workflow-worker-thread.js';

/** Loaded only with tracing. Its exporter finds its encoder in a way that no bundler follows, and then exports nothing. */
const tracing = '@opentelemetry/*';

/** Native code, what reads a file beside its own, what is not installed, and what is loaded later, if at all. */
export const outsideBundles = [
  '@temporalio/core-bridge',
  'source-map',
  'pg-native',
  tracing,
  installedThreadFile,
  ...onDemand,
];

/**
 * Bundles packages as if they were loaded from their own folders. The thread of workflows runs the SDK's own file. Fails
 * when a package differs from what this expects.
 */
export const bundledPackages: Plugin = {
  name: 'bundled packages',
  setup(build) {
    for (const path of onDemand) build.onLoad({ filter: endingWith(path) }, () => ({ contents: loadedOnDemand(path) }));
    build.onLoad({ filter: endingWith('@temporalio/worker/lib/workflow/threaded-vm.js') }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      if (!code.includes(threadFile)) throw new Error(`${path} does not contain ${threadFile}`);
      return { contents: code.replace(threadFile, `require.resolve('${installedThreadFile}')`) };
    });
  },
};

const endingWith = (path: string) => new RegExp(`/node_modules/${path.replaceAll('.', '\\.')}$`);

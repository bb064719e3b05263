import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';
import { type Config, ConfigError } from '../config.js';
import { tracedBundle } from '../telemetry/tracing.js';

type Source = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

/** The file of the prebuilt bundle; null when there is none. Traced workflows are in a bundle of their own. */
function bundleFile(bundle: string | undefined, isTraced: boolean): string | null {
  if (!bundle) return null;
  if (!isTraced) return bundle;
  const traced = tracedBundle(bundle);
  return existsSync(traced) ? traced : null;
}

/** A prebuilt bundle of the workflows if there is one, else their source, which is bundled at start. */
export function workflowSource(bundle: string | undefined, isTraced: boolean): Source {
  const codePath = bundleFile(bundle, isTraced);
  if (codePath) return { workflowBundle: { codePath } };
  const source = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  return { workflowsPath: existsSync(source) ? source : source.replace(/\.ts$/, '.js') };
}

export type Build = { deploymentName: string; buildId: string };

type Versioned = Pick<Config, 'WORKER_DEPLOYMENT' | 'WORKFLOW_BUNDLE' | 'OTEL_EXPORTER_OTLP_ENDPOINT'>;

/**
 * The name of this build in Temporal. Its id is the hash of the workflow bundle without the source map, which contains
 * paths of the machine that built it. Null without `WORKER_DEPLOYMENT`. Throws `ConfigError`.
 */
export async function readBuild(config: Versioned): Promise<Build | null> {
  const { WORKER_DEPLOYMENT: deploymentName, WORKFLOW_BUNDLE: bundle } = config;
  if (!deploymentName) return null;
  const file = bundleFile(bundle, config.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined);
  if (!file) throw new ConfigError('WORKER_DEPLOYMENT: needs WORKFLOW_BUNDLE, a bundle that `npm run build` made');
  const code = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`WORKFLOW_BUNDLE: can't be read: ${error instanceof Error ? error.message : error}`);
  });
  const [compiled = ''] = code.split('\n//# sourceMappingURL=');
  return { deploymentName, buildId: createHash('sha256').update(compiled).digest('hex').slice(0, 16) };
}

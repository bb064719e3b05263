import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../../../config.js';
import { findGoCommand } from '../../../scripts/processes/findGoCommand.js';

const wanted = {
  command: { name: 'Helm', package: 'helm.sh/helm/v3/cmd/helm', takes: 'about five minutes' },
  file: 'helm',
  folder: 'helm',
  version: 'v3.22.0',
  probe: ['version', '--short'],
};

/** Finds Helm on the PATH or in the cache, or builds it. Throws with what to do where that is not possible. */
export const findHelm = (signal: AbortSignal): Promise<string> =>
  findGoCommand(wanted, { cacheDir: readConfig({}).cacheDir, path: process.env.PATH ?? '', say: console.log, signal });

/** An object of Kubernetes, as far as the tests read it. */
export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: the schemas of Kubernetes check its form
  spec: any;
};

const chart = 'deploy/helm/durable-turns';
/** A Helm that was built by `go install` takes the cluster for a very old one. */
const cluster = ['--kube-version', '1.34.0'];

/** Renders the chart with values over its own. Throws what Helm says where it refuses them. */
export async function renderChart(helm: string, values: object = {}): Promise<Manifest[]> {
  const output = await run(helm, ['template', 'chats', chart, '--namespace', 'talk', ...cluster], values);
  return parseAllDocuments(output).flatMap((document) => (document.contents ? [document.toJS() as Manifest] : []));
}

/** What `helm lint` says. Throws where it finds an error. */
export const lintChart = (helm: string, values: object = {}): Promise<string> =>
  run(helm, ['lint', '--strict', chart, ...cluster], values);

async function run(helm: string, args: string[], values: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'helm-'));
  const file = join(folder, 'values.json');
  // Nothing of this machine: no plugins, no repositories, no cluster.
  const homes = { HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder, KUBECONFIG: file };
  try {
    await writeFile(file, JSON.stringify(values));
    const env = { ...process.env, ...homes };
    const { stdout } = await execute(helm, [...args, '--values', file], {
      env,
      timeout: 60_000,
      maxBuffer: 16 * 1024 ** 2,
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const execute = promisify(execFile);

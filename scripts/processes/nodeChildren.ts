import { join } from 'node:path';
import { type Config, isLoopback } from '../../config.js';
import { runBounded } from '../../lib/bounded.js';
import { hostInUrl } from '../../lib/listen.js';
import { buildPage, buildProcesses, buildWorkflows } from '../builds/builds.js';
import { type ChildName, logOf, type StartContext, startChild, untilListening } from '../start/context.js';
import { messageOf, StartFailure } from '../start/failure.js';
import type { ChildSpec } from './child.js';
import { createLineLog } from './childLog.js';
import { bundledCommand, nodeCommand } from './nodeCommand.js';
import { poll } from './poll.js';
import { freePort, portState } from './ports.js';
import type { Command } from './runCommand.js';

const defaultPort = 3000;

/** How long replies in flight may continue when the service stops, in milliseconds. */
export const DRAIN_MS = 5_000;

type Entry = {
  name: ChildName;
  command: Command;
  env: () => NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>;
  graceMs: number;
  drains?: { withinMs: number };
};

function nodeChild(context: StartContext, entry: Entry, ready: ChildSpec['ready']): Omit<ChildSpec, 'name'> {
  // During start and stop it is normal that a process does not reach another: those lines are not shown.
  const show = (line: string) => context.isUp() && context.say(line);
  const log = createLineLog(logOf(context.dataDir, entry.name), entry.name, show);
  return {
    // Since Node 22, compiled code is kept there between starts. The bundles bring theirs.
    command: async () => ({
      ...entry.command,
      env: { NODE_COMPILE_CACHE: join(context.config.cacheDir, 'compiled'), ...process.env, ...(await entry.env()) },
    }),
    ready,
    output: { lines: log.line },
    stopSignal: 'SIGTERM',
    graceMs: entry.graceMs,
    ...(entry.drains ? { drains: entry.drains } : {}),
  };
}

/** Gives the file of the workflows' bundle: the configured one, or one that is built under DATA_DIR. */
export async function bundleWorkflows({ config, dataDir, signal }: StartContext): Promise<string> {
  if (config.WORKFLOW_BUNDLE) return config.WORKFLOW_BUNDLE;
  const which = config.OTEL_EXPORTER_OTLP_ENDPOINT ? 'traced' : 'plain';
  return buildWorkflows(join(dataDir.path, 'workflows'), { cacheDir: config.cacheDir, signal }, which);
}

/** Builds the bundled api and worker under DATA_DIR. Gives their folder. */
export async function bundleProcesses({ config, dataDir, signal }: StartContext): Promise<string> {
  const folder = join(dataDir.path, 'processes');
  await buildProcesses(folder, { cacheDir: config.cacheDir, signal });
  return folder;
}

/** Gives the folder of the viewer page: the configured one, or one that is built under DATA_DIR. */
export async function bundlePage({ config, dataDir, signal }: StartContext): Promise<string> {
  if (config.PAGE_DIR) return config.PAGE_DIR;
  const folder = join(dataDir.path, 'page');
  await buildPage(folder, { cacheDir: config.cacheDir, signal });
  return folder;
}

/** Starts the demo provider, an OpenAI-compatible server. Gives its base URL. */
export async function startDemoProvider(context: StartContext): Promise<string> {
  let port = 0;
  const entry: Entry = {
    name: 'provider',
    command: nodeCommand('scripts/provider/demo.ts'),
    env: () => ({ DEMO_PROVIDER_PORT: String(port) }),
    graceMs: 3_000,
  };
  const ready: ChildSpec['ready'] = async (pid, gone) => {
    await untilListening(pid, port, gone);
    await untilOk(`http://127.0.0.1:${port}/healthz`, 20_000, gone);
  };
  await startChild(context, 'provider', nodeChild(context, entry, ready), async () => {
    port = await freePort([context.ports.provider], '127.0.0.1');
    context.ports.provider = port;
    return [port];
  });
  return `http://127.0.0.1:${port}/v1`;
}

/** Starts the api and gives its URL. Tries no other port than `asked`, if that is given. */
export async function startApiChild(
  context: StartContext,
  asked: number | undefined,
  { env, processes }: { env: (url: string) => NodeJS.ProcessEnv; processes: string },
): Promise<string> {
  const { HOST } = context.config;
  let port = asked ?? defaultPort;
  const url = () => `http://${reachable(HOST)}:${port}`;
  const entry: Entry = {
    name: 'api',
    command: bundledCommand(join(processes, 'api.mjs')),
    env: () => ({ ...env(url()), HOST, PORT: String(port) }),
    graceMs: 10_000,
  };
  const ready: ChildSpec['ready'] = async (pid, gone) => {
    await untilListening(pid, port, gone);
    await untilOk(`${url()}/healthz`, 30_000, gone);
  };
  await startChild(context, 'api', nodeChild(context, entry, ready), async () => {
    await checkApiAddress(asked, HOST);
    port = asked ?? (await freePort([context.ports.api, defaultPort], HOST));
    context.ports.api = port;
    return asked ? [] : [port];
  });
  return url();
}

/**
 * Starts the worker and waits, at the first start only, until the api reports that it is ready. Gives a function for the
 * URL of the newest worker's metrics: a worker that drains keeps its port.
 */
export async function startWorkerChild(
  context: StartContext,
  options: { env: NodeJS.ProcessEnv; api: string; processes: string },
): Promise<() => string> {
  const { WORKER_METRICS_HOST: host, WORKER_METRICS_PORT: asked } = context.config;
  let port = asked ?? 0;
  const entry: Entry = {
    name: 'worker',
    command: bundledCommand(join(options.processes, 'worker.mjs')),
    async env() {
      port = asked ?? (await freePort([context.ports.workerMetrics], host));
      context.ports.workerMetrics = port;
      return { ...options.env, WORKER_METRICS_PORT: String(port) };
    },
    graceMs: 15_000,
    drains: { withinMs: DRAIN_MS },
  };
  const ready: ChildSpec['ready'] = async (_pid, gone) => {
    if (!context.isUp()) await untilServing(options.api, context.say, gone);
  };
  await startChild(context, 'worker', nodeChild(context, entry, ready), async () => []);
  return () => `http://${reachable(host)}:${port}/metrics`;
}

/** Throws a `StartFailure` if the api can't listen on this address. */
export async function checkApiAddress(asked: number | undefined, host: string): Promise<void> {
  const state = await portState(asked ?? 0, host);
  if (state === 'free') return;
  throw new StartFailure(
    {
      taken: `PORT: port ${asked} on ${host} is taken by another program. Stop that program, set PORT to another port, or unset PORT to use any free one.`,
      forbidden: `PORT: this user may not listen on port ${asked}. Set PORT to 1024 or higher, or unset PORT to use any free one.`,
      'no such host': `HOST: this machine has no address ${host}. Set HOST to an address of this machine, or unset HOST to use 127.0.0.1.`,
    }[state],
  );
}

/** Throws a `StartFailure` if the api can't serve its metrics on METRICS_PORT. */
export async function checkMetricsAddress({ METRICS_PORT: port, HOST }: Config): Promise<void> {
  const state = port === undefined ? 'free' : await portState(port, HOST);
  if (state === 'taken')
    throw new StartFailure(
      `METRICS_PORT: port ${port} on ${HOST} is taken by another program. Stop that program, set METRICS_PORT to another port, or unset it to serve /metrics on PORT.`,
    );
  if (state === 'forbidden')
    throw new StartFailure(
      `METRICS_PORT: this user may not listen on port ${port}. Set METRICS_PORT to 1024 or higher, or unset it to serve /metrics on PORT.`,
    );
}

/** The host under which this machine reaches the api. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  if (isLoopback(host) && host === 'localhost') return '127.0.0.1';
  return hostInUrl(host);
}

/**
 * Waits until `/readyz` reports everything but the reconciler as ok. Turns that the reconciler refuses to close wait for an
 * operator and do not prevent a start.
 */
async function untilServing(api: string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const url = `${api}/readyz`;
  await poll(
    async () => {
      const { status, body } = await runBounded(signal, 3_000, async (bound) => {
        const response = await fetch(url, { signal: bound });
        return { status: response.status, body: (await response.json()) as { checks?: Record<string, string> } };
      });
      const { checks = {} } = body;
      const { reconciler = 'ok', ...needed } = checks;
      const missing = Object.entries(needed).filter(([, outcome]) => outcome !== 'ok');
      if (missing.length > 0 || Object.keys(needed).length === 0)
        throw new Error(`${status} ${missing.map(([name, outcome]) => `${name}: ${outcome}`).join('; ')}`);
      if (reconciler !== 'ok') say(`Warning: ${reconciler} To see the options: npm run reconcile`);
      return true;
    },
    { everyMs: 200, withinMs: 120_000, signal, late: (error) => new Error(`${url} answers: ${messageOf(error)}`) },
  );
}

async function untilOk(url: string, withinMs: number, signal: AbortSignal): Promise<void> {
  await poll(
    async () => {
      return runBounded(signal, 3_000, async (bound) => {
        const response = await fetch(url, { signal: bound });
        if (response.ok) return true;
        throw new Error(`${response.status} ${(await response.text()).slice(0, 500)}`);
      });
    },
    { everyMs: 200, withinMs, signal, late: (error) => new Error(`${url} answers: ${messageOf(error)}`) },
  );
}

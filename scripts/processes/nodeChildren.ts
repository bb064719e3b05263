import { join } from 'node:path';
import { isLoopback } from '../../config.js';
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

const usualPort = 3000;

/** How long replies in flight may go on when all is to stop. */
export const DRAIN_MS = 5_000;

type Entry = {
  name: ChildName;
  command: Command;
  env: () => NodeJS.ProcessEnv | Promise<NodeJS.ProcessEnv>;
  graceMs: number;
  drains?: { withinMs: number };
};

function nodeChild(context: StartContext, entry: Entry, ready: ChildSpec['ready']): Omit<ChildSpec, 'name'> {
  // While all is starting or stopping, that a part misses another is no news.
  const show = (line: string) => context.isUp() && context.say(line);
  const log = createLineLog(logOf(context.dataDir, entry.name), entry.name, show);
  return {
    command: async () => ({ ...entry.command, env: { ...process.env, ...(await entry.env()) } }),
    ready,
    output: { lines: log.line },
    stopSignal: 'SIGTERM',
    graceMs: entry.graceMs,
    ...(entry.drains ? { drains: entry.drains } : {}),
  };
}

/** The workflows' bundle: the one that is configured, or one under DATA_DIR. Gives the file. */
export async function bundleWorkflows({ config, dataDir, signal }: StartContext): Promise<string> {
  if (config.WORKFLOW_BUNDLE) return config.WORKFLOW_BUNDLE;
  const which = config.OTEL_EXPORTER_OTLP_ENDPOINT ? 'traced' : 'plain';
  return buildWorkflows(join(dataDir.path, 'workflows'), { cacheDir: config.cacheDir, signal }, which);
}

/** The bundled api and worker. Gives their folder. */
export async function bundleProcesses({ config, dataDir, signal }: StartContext): Promise<string> {
  const folder = join(dataDir.path, 'processes');
  await buildProcesses(folder, { cacheDir: config.cacheDir, signal });
  return folder;
}

/** The viewer page: the one that is configured, or one under DATA_DIR. Gives its folder. */
export async function bundlePage({ config, dataDir, signal }: StartContext): Promise<string> {
  if (config.PAGE_DIR) return config.PAGE_DIR;
  const folder = join(dataDir.path, 'page');
  await buildPage(folder, { cacheDir: config.cacheDir, signal });
  return folder;
}

/** Answers like any OpenAI-compatible server; gives its base URL. */
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

/** Gives the api's URL. A port that was asked for is the only one that will do. */
export async function startApi(
  context: StartContext,
  asked: number | undefined,
  { env, processes }: { env: (url: string) => NodeJS.ProcessEnv; processes: string },
): Promise<string> {
  const { HOST } = context.config;
  let port = asked ?? usualPort;
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
    port = asked ?? (await freePort([context.ports.api, usualPort], HOST));
    context.ports.api = port;
    return asked ? [] : [port];
  });
  return url();
}

/**
 * Ready, at first, when the api says that all it needs is there; a later one is known by its work. Gives what says
 * where the metrics of the newest can be scraped: one that drains keeps its port.
 */
export async function startWorker(
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

/** Throws a `StartFailure` if the api could not listen where it is asked to. */
export async function checkApiAddress(asked: number | undefined, host: string): Promise<void> {
  const state = await portState(asked ?? 0, host);
  if (state === 'free') return;
  throw new StartFailure(
    {
      taken: `PORT: port ${asked} on ${host} is taken by another program. Stop that one, set PORT to another port, or unset it and a free one is taken.`,
      forbidden: `PORT: this user may not listen on port ${asked}. Set PORT to 1024 or higher, or unset it.`,
      'no such host': `HOST: this machine has no address ${host}. Set HOST to one that it has, or unset it for 127.0.0.1.`,
    }[state],
  );
}

/** The host by which this machine itself reaches the api. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  if (isLoopback(host) && host === 'localhost') return '127.0.0.1';
  return hostInUrl(host);
}

/**
 * Waits for all that the service needs. Turns that the reconciler refuses to close make `/readyz` red until an
 * operator decides, and don't keep the service from starting.
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
      if (reconciler !== 'ok') say(`Warning: ${reconciler} See what can be done: npm run reconcile`);
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

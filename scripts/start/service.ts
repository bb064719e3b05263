import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Config, isKeyed } from '../../config.js';
import { migrate } from '../../db/core/migrate.js';
import { readBuild } from '../../worker/workflowSource.js';
import { startPostgres } from '../postgres/postgres.js';
import type { Child } from '../processes/child.js';
import { startGuard } from '../processes/guardChild.js';
import {
  bundlePage,
  bundleProcesses,
  bundleWorkflows,
  checkApiAddress,
  checkMetricsAddress,
  DRAIN_MS,
  startApiChild,
  startDemoProvider,
  startWorkerChild,
} from '../processes/nodeChildren.js';
import { makeCurrent } from '../temporal/deployment.js';
import { startTemporal, type TemporalServer } from '../temporal/temporal.js';
import { connectTemporal } from '../temporal/temporalConnection.js';
import { type ChildName, childNames, type StartContext } from './context.js';
import { dataDirAt, type RunFile } from './dataDir.js';
import { seedDemoChat } from './demoChat.js';
import { messageOf, StartFailure } from './failure.js';
import { stopOrphanedProcesses } from './orphanedProcesses.js';

export type Service = {
  start: (signal: AbortSignal) => Promise<RunFile>;
  /** Stops everything in order. */
  stop: () => Promise<void>;
  /** Kills everything at once. */
  kill: () => void;
};

/** The whole service on this machine: its servers and processes, which are restarted when they end. */
export function createService(options: {
  config: Config;
  askedPort: number | undefined;
  say: (line: string) => void;
}): Service {
  const { config, say } = options;
  const dataDir = dataDirAt(resolve(config.DATA_DIR));
  const children = new Map<ChildName, Child>();
  const ports: Record<string, number> = {};
  let guard: Child | null = null;
  let unlock: (() => Promise<void>) | null = null;
  let run: (() => Omit<RunFile, 'pids'>) | null = null;
  let writing: Promise<unknown> = Promise.resolve();

  /** Runs the writes one after another. */
  const serialize = (write: () => Promise<void>): Promise<void> => {
    const done = writing.then(write);
    writing = done.catch(() => undefined);
    return done;
  };
  const pidOf = (name: ChildName) => children.get(name)?.pid() ?? null;
  const writeRun = async () => {
    if (!run) return;
    const [api, worker, temporal, postgres] = [pidOf('api'), pidOf('worker'), pidOf('temporal'), pidOf('postgres')];
    await dataDir.writeRun({ ...run(), pids: { launcher: process.pid, api, worker, temporal, postgres } });
  };
  const writeServices = () =>
    dataDir.writeServices({ ports, running: childNames.flatMap((name) => children.get(name)?.records() ?? []) });
  const events = { say, onSpawned: () => serialize(writeServices), onReady: () => serialize(writeRun) };

  async function start(signal: AbortSignal): Promise<RunFile> {
    await checkApiAddress(options.askedPort, config.HOST);
    unlock = await dataDir.lock();
    await dataDir.removeRun();
    const orphans = await stopOrphanedProcesses(dataDir);
    if (orphans.length > 0) say(`Stopped processes of an earlier start: ${orphans.join(', ')}`);
    // After the orphans, of which one may have had the port.
    await checkMetricsAddress(config);
    Object.assign(ports, (await dataDir.readServices()).ports);
    await events.onSpawned();
    guard = await startGuard(dataDir.path, say, signal);

    const isUp = () => run !== null;
    const context: StartContext = { config, dataDir, ports, say, signal, isUp, children, events };
    const parts = await startParts(context);
    const { databaseUrl, temporal } = parts;
    const env = childEnv(config, parts);
    const { processes } = parts;
    const api = await startApiChild(context, options.askedPort, { env, processes });
    const metrics = await startWorkerChild(context, { env: env(api), api, processes });
    await promoteBuild(context, parts);
    const key = config.API_KEYS?.[0]?.key;
    // Without a key of its own the launcher can't make chats: it has only hashes of the others.
    const demoChatId = key || !isKeyed(config) ? await seedDemoChat({ api, key, dataDir, signal }) : null;
    const live = api.replace(/^http/, 'ws');
    const { address: temporalAddress, ui: temporalUi } = temporal;
    // While another worker drains, the new one serves its metrics on another port.
    run = () => ({ api, live, workerMetrics: metrics(), temporalAddress, temporalUi, databaseUrl, demoChatId });
    await events.onReady();
    const written = await dataDir.readRun();
    if (!written) throw new Error('run.json is missing');
    return written;
  }

  return {
    start,
    async stop() {
      // Without the lock nothing was started, and the folder belongs to another launcher.
      if (!unlock) return;
      say(`Stopping; replies in flight get ${DRAIN_MS / 1_000} s to end. Press Ctrl-C again to kill everything.`);
      run = null;
      await dataDir.removeRun();
      for (const name of childNames) await children.get(name)?.stop();
      await guard?.stop();
      await serialize(writeServices).catch(() => undefined);
      await dataDir.removeRun();
      await unlock();
    },
    kill() {
      for (const child of [...children.values(), guard]) child?.kill();
    },
  };
}

type Parts = {
  databaseUrl: string;
  temporal: TemporalServer;
  provider: string | null;
  bundle: string;
  page: string;
  /** The folder of the bundled api and worker. */
  processes: string;
  /** Of `DATA_DIR`, used where `PROVIDER_ENCRYPTION_KEY` is not set. */
  encryptionKey: string;
};

/** Starts in parallel what the api and the worker need. When one part fails, the others are aborted. */
async function startParts(context: StartContext): Promise<Parts> {
  const failed = new AbortController();
  const together = { ...context, signal: AbortSignal.any([context.signal, failed.signal]) };
  const orFail = <T>(part: Promise<T>) =>
    part.catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  const parts = [
    orFail(startPostgres(together).then((url) => migrated(url, context.config.DATABASE_DIRECT_URL ?? url))),
    orFail(startTemporal(together)),
    orFail(startProvider(together)),
    orFail(bundleWorkflows(together)),
    orFail(bundlePage(together)),
    orFail(bundleProcesses(together)),
    orFail(context.dataDir.encryptionKey()),
  ] as const;
  await Promise.allSettled(parts);
  context.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  const [databaseUrl, temporal, provider, bundle, page, processes, encryptionKey] = await Promise.all(parts);
  return { databaseUrl, temporal, provider, bundle, page, processes, encryptionKey };
}

/** Migrates over the direct URL: migrations hold a lock of their session, which a pooler does not keep. */
async function migrated(databaseUrl: string, directUrl: string): Promise<string> {
  try {
    await migrate(directUrl);
    return databaseUrl;
  } catch (error) {
    throw new StartFailure(
      `The database could not be migrated: ${messageOf(error)}. Check that the user of DATABASE_URL may create tables, or unset DATABASE_URL to use an embedded Postgres.`,
    );
  }
}

async function startProvider(context: StartContext): Promise<string | null> {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, PROVIDER_API } = context.config;
  if (OPENAI_API_KEY || OPENAI_BASE_URL) {
    context.say(
      `Provider: ${OPENAI_BASE_URL ?? (PROVIDER_API === 'anthropic' ? 'the Anthropic API' : 'the OpenAI API')}`,
    );
    return null;
  }
  const url = await startDemoProvider(context);
  context.say(
    `Provider: the built-in demo provider at ${url}, whose replies are canned, since neither OPENAI_API_KEY nor OPENAI_BASE_URL is set`,
  );
  return url;
}

/** The demo provider has one model, and no other API. */
const demoModel = { OPENAI_API_KEY: 'demo', PROVIDER_API: 'chat', NARRATIVE_MODEL: 'demo', CLASSIFIER_MODEL: 'demo' };

function childEnv(config: Config, parts: Parts): (api: string) => NodeJS.ProcessEnv {
  const token = config.GATEWAY_TOKEN ?? randomBytes(24).toString('base64url');
  const embedded = { TEMPORAL_ADDRESS: parts.temporal.address, TEMPORAL_TLS: '', TEMPORAL_API_KEY: '' };
  return (api) => ({
    DATA_DIR: resolve(config.DATA_DIR),
    DATABASE_URL: parts.databaseUrl,
    ...(config.TEMPORAL_ADDRESS ? {} : embedded),
    ...(parts.temporal.ui ? { TEMPORAL_UI_URL: parts.temporal.ui } : {}),
    GATEWAY_URL: config.GATEWAY_URL ?? api,
    GATEWAY_TOKEN: token,
    ...(config.PROVIDER_ENCRYPTION_KEY ? {} : { PROVIDER_ENCRYPTION_KEY: parts.encryptionKey }),
    WORKFLOW_BUNDLE: parts.bundle,
    PAGE_DIR: parts.page,
    ...(parts.provider ? { ...demoModel, OPENAI_BASE_URL: parts.provider } : {}),
  });
}

/** With WORKER_DEPLOYMENT: makes this build the current one. */
async function promoteBuild({ config, say, signal }: StartContext, { temporal, bundle }: Parts): Promise<void> {
  const build = await readBuild({ ...config, WORKFLOW_BUNDLE: bundle });
  if (!build) return;
  const connection = await connectTemporal({ ...config, address: temporal.address }, 10_000);
  try {
    const { TEMPORAL_NAMESPACE: namespace, TASK_QUEUE: taskQueue } = config;
    await makeCurrent({ connection, namespace, taskQueue, build, withinMs: 60_000, say, signal });
  } finally {
    await connection.close();
  }
}

import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../../config.js';
import { databaseReady, embeddedUrl } from '../../postgres/database.js';
import { openCluster } from '../../postgres/postgresCluster.js';
import { type Child, createChild, type Told } from '../../processes/child.js';
import { openLog } from '../../processes/childLog.js';
import { nodeCommand } from '../../processes/nodeCommand.js';
import { freePort } from '../../processes/ports.js';
import { type ChildName, logOf, type StartContext, startChild, untilListening } from '../../start/context.js';
import { type DataDir, dataDirAt } from '../../start/dataDir.js';
import { startTemporal } from '../../temporal/temporal.js';
import { buildSlowDisk, ifLoaded, type SlowDisk } from './slowDisk.js';

export type ServerName = Extract<ChildName, 'postgres' | 'temporal'>;

/** Postgres and Temporal as `npm start` runs them, but under this process, so that a proxy fits in between. */
export type Servers = {
  folder: string;
  dataDir: DataDir;
  databaseUrl: string;
  postgresPort: number;
  temporalPort: number;
  slowDisk: SlowDisk | { missing: string };
  told: Told;
  pid(name: ServerName): number | null;
  /** Resolves with the new pid once the server that replaces `before` does its work. */
  untilBack(name: ServerName, before: number, withinMs: number): Promise<number>;
  /** What a guard process ends, should this one be killed. */
  alsoKeep(child: Child): Promise<void>;
  stop(): Promise<void>;
};

export async function startServers(folder: string, signal: AbortSignal): Promise<Servers> {
  const config = readConfig({ DATA_DIR: folder, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const dataDir = dataDirAt(folder);
  const release = await dataDir.take();
  const children = new Map<ChildName, Child>();
  const others: Child[] = [];
  const watchers = new Set<() => void>();
  const all = () => [...others, ...children.values()];
  const record = () => dataDir.writeServices({ ports: {}, running: all().flatMap((child) => child.records()) });
  let writing = Promise.resolve();
  const inTurn = (write: () => Promise<void>) => {
    writing = writing.then(write).catch(() => undefined);
    return writing;
  };
  const told: Told = {
    say: () => undefined,
    spawned: () => inTurn(record),
    async ready() {
      for (const look of [...watchers]) look();
    },
  };
  const context: StartContext = {
    config,
    dataDir,
    ports: {},
    say: () => undefined,
    signal,
    isUp: () => true,
    children,
    told,
  };
  const guard = await startGuard(folder, told, signal);
  const stop = async () => {
    for (const child of all()) await child.stop();
    await guard.stop();
    await release();
  };
  try {
    const built = await buildSlowDisk(join(folder, 'disk'), signal);
    const database = await startPostgres(context, 'missing' in built ? {} : built.env);
    const slowDisk = await ifLoaded(built, children.get('postgres')?.pid() ?? 0);
    const { address } = await startTemporal(context);
    return {
      folder,
      dataDir,
      databaseUrl: database.url,
      postgresPort: database.port,
      temporalPort: Number(address.split(':').at(-1)),
      slowDisk,
      told,
      pid: (name) => children.get(name)?.pid() ?? null,
      untilBack: (name, before, withinMs) =>
        untilBack(watchers, () => children.get(name)?.pid() ?? null, before, withinMs),
      async alsoKeep(child) {
        others.push(child);
        await inTurn(record);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As `npm start` runs it, with more in its environment. */
async function startPostgres(context: StartContext, env: Record<string, string>) {
  const { dataDir, signal, say } = context;
  const cluster = await openCluster({ dataDir: dataDir.path, say, signal });
  let port = 0;
  await startChild(
    context,
    'postgres',
    {
      command: () => {
        const command = cluster.serve(port);
        return { ...command, env: { ...command.env, ...env } };
      },
      ready: async (pid, gone) => {
        await untilListening(pid, port, gone);
        await databaseReady(port, cluster.password, gone);
      },
      output: { file: openLog(logOf(dataDir, 'postgres')) },
      stopSignal: 'SIGINT',
      graceMs: 15_000,
    },
    async () => {
      port = await freePort([], '127.0.0.1');
      return [port];
    },
  );
  return { port, url: embeddedUrl(port, cluster.password) };
}

async function startGuard(folder: string, told: Told, signal: AbortSignal): Promise<Child> {
  const nothing = async () => undefined;
  const guard = createChild(
    {
      name: 'guard',
      command: () => ({ ...nodeCommand('scripts/processes/guard.ts', folder), env: { PATH: process.env.PATH } }),
      ready: nothing,
      output: { lines: () => undefined },
      stdin: 'pipe',
      stopSignal: 'SIGTERM',
      graceMs: 2_000,
    },
    { ...told, spawned: nothing, ready: nothing },
  );
  await guard.start(signal);
  return guard;
}

/** `ready` is told after the pid is known and its work begins: that is when watchers look. */
function untilBack(
  watchers: Set<() => void>,
  pid: () => number | null,
  before: number,
  withinMs: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(late);
      watchers.delete(look);
      then();
    };
    const look = () => {
      const now = pid();
      if (now !== null && now !== before) settle(() => resolve(now));
    };
    const late = setTimeout(() => settle(() => reject(new Error(`not back within ${withinMs} ms`))), withinMs);
    watchers.add(look);
  });
}

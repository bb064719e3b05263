import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readConfig } from '../../../config.js';
import { startEmbeddedPostgres } from '../../postgres/postgres.js';
import type { Child, ChildEvents } from '../../processes/child.js';
import { startGuard } from '../../processes/guardChild.js';
import type { ChildName, StartContext } from '../../start/context.js';
import { type DataDir, dataDirAt } from '../../start/dataDir.js';
import { startTemporal } from '../../temporal/temporal.js';
import { buildSlowDisk, ifLoaded, type SlowDisk } from './slowDisk.js';

export type ServerName = Extract<ChildName, 'postgres' | 'temporal'>;

/** Postgres and Temporal as `npm start` runs them, but started by this process, so that a proxy fits in between. */
export type Servers = {
  folder: string;
  dataDir: DataDir;
  databaseUrl: string;
  postgresPort: number;
  temporalPort: number;
  slowDisk: SlowDisk | { missing: string };
  events: ChildEvents;
  pid(name: ServerName): number | null;
  /** Resolves with the new pid when the server that replaces `before` is ready. */
  untilBack(name: ServerName, before: number, withinMs: number): Promise<number>;
  /** Adds a child that the guard stops if this process is killed. */
  guardToo(child: Child): Promise<void>;
  stop(): Promise<void>;
};

export async function startServers(folder: string, signal: AbortSignal): Promise<Servers> {
  const config = readConfig({ DATA_DIR: folder, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const dataDir = dataDirAt(folder);
  const unlock = await dataDir.lock();
  const children = new Map<ChildName, Child>();
  const others: Child[] = [];
  const watchers = new Set<() => void>();
  const all = () => [...others, ...children.values()];
  const record = () => dataDir.writeServices({ ports: {}, running: all().flatMap((child) => child.records()) });
  let writing = Promise.resolve();
  const serialize = (write: () => Promise<void>) => {
    writing = writing.then(write).catch(() => undefined);
    return writing;
  };
  const events: ChildEvents = {
    say: () => undefined,
    onSpawned: () => serialize(record),
    async onReady() {
      for (const check of [...watchers]) check();
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
    events,
  };
  const guard = await startGuard(folder, () => undefined, signal);
  const stop = async () => {
    for (const child of all()) await child.stop();
    await guard.stop();
    await unlock();
  };
  try {
    // Not in the data folder, which other users can't enter: Postgres runs as another user when root starts it.
    const built = await buildSlowDisk(join(dirname(folder), 'disk'), signal);
    const database = await startEmbeddedPostgres(context, [], 'missing' in built ? {} : built.env);
    const slowDisk = await ifLoaded(built, children.get('postgres')?.pid() ?? 0);
    const { address } = await startTemporal(context);
    return {
      folder,
      dataDir,
      databaseUrl: database.url,
      postgresPort: database.port,
      temporalPort: Number(address.split(':').at(-1)),
      slowDisk,
      events,
      pid: (name) => children.get(name)?.pid() ?? null,
      untilBack: (name, before, withinMs) =>
        untilBack(watchers, () => children.get(name)?.pid() ?? null, before, withinMs),
      async guardToo(child) {
        others.push(child);
        await serialize(record);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Watchers look when a restarted child is ready. */
function untilBack(
  watchers: Set<() => void>,
  pid: () => number | null,
  before: number,
  withinMs: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(late);
      watchers.delete(check);
      then();
    };
    const check = () => {
      const now = pid();
      if (now !== null && now !== before) settle(() => resolve(now));
    };
    const late = setTimeout(() => settle(() => reject(new Error(`not back within ${withinMs} ms`))), withinMs);
    watchers.add(check);
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseReady, embeddedUrl } from '../../scripts/start/database.js';
import { findTemporal } from '../../scripts/start/findTemporal.js';
import { nodeCommand } from '../../scripts/start/nodeCommand.js';
import { openCluster } from '../../scripts/start/postgresCluster.js';
import { type Command, runCommand } from '../../scripts/start/runCommand.js';
import { temporalReady } from '../../scripts/start/temporalConnection.js';
import { devServerArgs } from '../../scripts/start/temporalServer.js';
import { readConfig } from '../../src/config.js';
import { freePort } from './freePort.js';

/**
 * The integration tests' Postgres and Temporal, as `npm start` runs them, in a folder that goes with them. Prints
 * one line of JSON, the variables that name them, once both answer; ends when its standard input does.
 */
type Server = { child: ChildProcess; stopSignal: NodeJS.Signals; variables: Record<string, string> };

const stopWithinMs = 15_000;
const say = (line: string) => console.error(line);
const shown = process.env.TEST_SERVERS_OUTPUT ? 'inherit' : 'ignore';

/** Detached, so that a Ctrl-C in the terminal reaches the tests first, and these only through them. */
const launch = ({ file, args, ...how }: Command) =>
  spawn(file, args, { ...how, detached: true, stdio: ['ignore', shown, shown] });

async function startPostgres(dataDir: string, signal: AbortSignal): Promise<void> {
  const cluster = await openCluster({ dataDir, say: () => undefined, signal });
  const port = await freePort();
  signal.throwIfAborted();
  const child = launch(cluster.serve(port));
  running.push({
    child,
    stopSignal: 'SIGINT',
    variables: { TEST_POSTGRES_URL: embeddedUrl(port, cluster.password, 'postgres') },
  });
  await databaseReady(port, cluster.password, signal);
}

async function startTemporal(dataDir: string, signal: AbortSignal): Promise<void> {
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  const { path } = await findTemporal({ cacheDir, path: process.env.PATH ?? '', say, signal });
  const folder = join(dataDir, 'temporal');
  await mkdir(folder);
  const [port, uiPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const args = devServerArgs({ folder, port, uiPort, namespace: 'default' });
  signal.throwIfAborted();
  const child = launch({ file: path, args });
  running.push({ child, stopSignal: 'SIGTERM', variables: { TEST_TEMPORAL_ADDRESS: address } });
  await temporalReady(address, 'default', signal);
}

/** The viewer page, as the api serves it. */
async function buildPage(dataDir: string, signal: AbortSignal): Promise<void> {
  const folder = join(dataDir, 'page');
  await runCommand(nodeCommand('scripts/bundlePage.ts', folder), { signal, withinMs: 60_000 });
  built.TEST_PAGE_DIR = folder;
}

async function stop({ child, stopSignal }: Server): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  child.kill(stopSignal);
  await once(child, 'exit');
  clearTimeout(timer);
}

const running: Server[] = [];
const built: Record<string, string> = {};
const stopping = new AbortController();
const over = Promise.race([once(process.stdin.resume(), 'close'), once(process, 'SIGTERM'), once(process, 'SIGINT')]);
void over.then(() => stopping.abort(new Error('the tests are over')));

const dataDir = await mkdtemp(join(tmpdir(), 'durable-turns-servers-'));
const starts = [
  startPostgres(dataDir, stopping.signal),
  startTemporal(dataDir, stopping.signal),
  buildPage(dataDir, stopping.signal),
];
for (const start of starts) start.catch((error: unknown) => stopping.abort(error));
const results = await Promise.allSettled(starts);
if (results.every((result) => result.status === 'fulfilled')) {
  console.log(JSON.stringify(Object.assign(built, ...running.map((server) => server.variables))));
  await over;
} else {
  say(String(stopping.signal.reason));
  process.exitCode = 1;
}
await Promise.all(running.map(stop));
await rm(dataDir, { recursive: true, force: true });
process.stdin.destroy();

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../../config.js';
import { migrate } from '../../../db/core/migrate.js';
import { buildPage, buildProcesses, buildWorkflows } from '../../../scripts/builds/builds.js';
import { databaseReady, embeddedUrl } from '../../../scripts/postgres/database.js';
import { openCluster } from '../../../scripts/postgres/postgresCluster.js';
import type { Command } from '../../../scripts/processes/runCommand.js';
import { findTemporal, temporalWithinMs } from '../../../scripts/temporal/findTemporal.js';
import { temporalReady } from '../../../scripts/temporal/temporalConnection.js';
import { devServerArgs } from '../../../scripts/temporal/temporalServer.js';
import { bundleTests, testFolders, testScripts } from '../jest/bundleTests.js';
import { copyPostgresTemplate } from '../postgres/postgresTemplate.js';
import { freePort } from './freePort.js';
import { bundleLauncher } from './launcherBundle.js';

/**
 * What the tests of a run share, in a folder that is removed at its end: a Postgres and a Temporal server as
 * `npm start` runs them, the data of a Postgres that was never used, and what the launcher builds. Prints one line of
 * JSON, the variables that name them, once all is there; ends when its standard input does, or with 1 if the start takes
 * longer than Temporal may take on a new machine, where it is built.
 */
type Server = { child: ChildProcess; stopSignal: NodeJS.Signals; variables: Record<string, string> };

const stopWithinMs = 15_000;
const mostStarts = 3;
const say = (line: string) => console.error(line);
const shown = process.env.TEST_SERVERS_OUTPUT ? 'inherit' : 'ignore';

/** Detached, so that a Ctrl-C in the terminal reaches the tests first, and these only through them. */
const launch = ({ file, args, ...how }: Command) =>
  spawn(file, args, { ...how, detached: true, stdio: ['ignore', shown, shown] });

/** Serves the data in the folder, which are made if there are none. */
async function servePostgres(dataDir: string, signal: AbortSignal) {
  const cluster = await openCluster({ dataDir, say: () => undefined, signal });
  const port = await freePort();
  signal.throwIfAborted();
  const server: Server = { child: launch(cluster.serve(port)), stopSignal: 'SIGINT', variables: {} };
  running.push(server);
  await databaseReady(port, cluster.password, signal);
  return { server, url: (database?: string) => embeddedUrl(port, cluster.password, database) };
}

/** Initialised, migrated and stopped in order: a copy of it starts as if it had been made at its place. */
async function makePostgresTemplate(dataDir: string, signal: AbortSignal): Promise<void> {
  const folder = join(dataDir, 'template');
  await mkdir(folder, { mode: 0o700 });
  const { server, url } = await servePostgres(folder, signal);
  await migrate(url());
  // A smart shutdown: the connection of the migrations may be on its way to its end
  await stop({ ...server, stopSignal: 'SIGTERM' });
  built.TEST_POSTGRES_TEMPLATE = process.env.TEST_POSTGRES_TEMPLATE = folder;
}

async function startPostgres(dataDir: string, signal: AbortSignal): Promise<void> {
  await makePostgresTemplate(dataDir, signal);
  const folder = join(dataDir, 'run');
  await mkdir(folder, { mode: 0o700 });
  await copyPostgresTemplate(folder);
  const { server, url } = await servePostgres(folder, signal);
  server.variables = { TEST_POSTGRES_URL: url('postgres'), TEST_DATABASE_TEMPLATE: new URL(url()).pathname.slice(1) };
}

/** Started again where it ends at once: it picks ports for its parts, and another process may take one before it does. */
async function startTemporal(dataDir: string, signal: AbortSignal): Promise<void> {
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  const { path } = await findTemporal({ cacheDir, path: process.env.PATH ?? '', say, signal });
  const folder = join(dataDir, 'temporal');
  await mkdir(folder);
  for (let tries = 1; ; tries++) {
    const [port, uiPort] = [await freePort(), await freePort()];
    const address = `127.0.0.1:${port}`;
    signal.throwIfAborted();
    const child = launch({ file: path, args: devServerArgs({ folder, port, uiPort, namespace: 'default' }) });
    const server: Server = { child, stopSignal: 'SIGTERM', variables: {} };
    running.push(server);
    const ended = new AbortController();
    child.once('exit', (code) => ended.abort(new Error(`Temporal ended with code ${code} at its start`)));
    try {
      await temporalReady(address, 'default', AbortSignal.any([signal, ended.signal]));
      server.variables = { TEST_TEMPORAL_ADDRESS: address, TEST_TEMPORAL_UI: `http://127.0.0.1:${uiPort}` };
      return;
    } catch (error) {
      if (signal.aborted || !ended.signal.aborted || tries === mostStarts) throw error;
    }
  }
}

/** As `npm start` builds them; services that are started later find them in the cache. */
async function build(dataDir: string, signal: AbortSignal): Promise<void> {
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  const building = { cacheDir, signal };
  const [page, processes] = [join(dataDir, 'page'), join(dataDir, 'processes')];
  const [workflows] = await Promise.all([
    buildWorkflows(join(dataDir, 'workflows'), building, 'plain'),
    buildPage(page, building),
    buildProcesses(processes, building),
  ]);
  // Beside the processes, whose packages they find.
  const tests = join(processes, 'tests');
  const [launcher] = await Promise.all([
    bundleLauncher(join(dataDir, 'launcher')),
    bundleTests(tests, testFolders.withServers, testScripts),
  ]);
  Object.assign(built, {
    TEST_BUNDLES: tests,
    TEST_LAUNCHER: launcher,
    TEST_PAGE_DIR: page,
    TEST_PROCESSES_DIR: processes,
    TEST_WORKFLOW_BUNDLE: workflows,
  });
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
  build(dataDir, stopping.signal),
];
for (const start of starts) start.catch((error: unknown) => stopping.abort(error));
const late = setTimeout(
  () => stopping.abort(new Error(`the test servers were not up within ${temporalWithinMs / 1_000} s`)),
  temporalWithinMs,
);
const results = await Promise.allSettled(starts);
clearTimeout(late);
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

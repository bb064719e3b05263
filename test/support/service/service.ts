import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { copyPostgresTemplate } from '../postgres/postgresTemplate.js';
import { createServiceClient, type ServiceClient } from '../viewers/serviceClient.js';
import { freePort } from './freePort.js';
import { tieToThisProcess } from './lifeline.js';
import { descendantsOf, isAlive, mentioning, type ProcessEntry } from './processes.js';

export type ProcessName = 'launcher' | 'api' | 'worker' | 'temporal' | 'postgres';

/** `run.json`, as the contract has it. */
export type Run = {
  api: string;
  live: string;
  workerMetrics: string;
  temporalAddress: string;
  temporalUi: string;
  databaseUrl: string;
  pids: Record<ProcessName, number>;
};

export type Service = {
  api: string;
  live: string;
  dataDir: string;
  client: ServiceClient;
  run(): Promise<Run>;
  pid(name: ProcessName): Promise<number>;
  /** Sends the signal and says to which pid. */
  kill(name: ProcessName, signal: NodeJS.Signals): Promise<number>;
  /** Resolves with the new pid once `run.json` names another than `before`. */
  waitForRestart(name: ProcessName, before: number, timeoutMs?: number): Promise<number>;
  /** What the launcher and its children have printed. */
  output(): string;
  /** Ends the service in order, and throws if that takes too long or leaves a process. The data stays. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** `stop`, and the data goes. */
  dispose(): Promise<void>;
};

export type StartOptions = {
  env?: Record<string, string>;
  /** Where a service has been before: starts on its data. */
  dataDir?: string;
  /** Makes the data of its Postgres itself, as the first start on a machine does. */
  isNew?: boolean;
  readyWithinMs?: number;
};

/** Runs the real launcher on free ports and in a folder of its own, and waits until it is ready. */
export async function startService({
  env = {},
  dataDir,
  isNew = false,
  readyWithinMs = 120_000,
}: StartOptions = {}): Promise<Service> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'durable-turns-')));
  await rm(join(folder, 'run.json'), { force: true });
  if (!env.DATABASE_URL && !isNew) await copyPostgresTemplate(folder);
  // The launcher's sources, as `npm start` runs them, where a run of tests has not bundled them.
  const { TEST_LAUNCHER } = process.env;
  const script = TEST_LAUNCHER && !isNew ? [TEST_LAUNCHER] : ['--import', 'tsx', 'scripts/start/main.ts'];
  const launcher = spawn(process.execPath, script, {
    env: { ...cleanEnvironment(), PORT: String(await freePort()), DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = collect(launcher);
  const run = () => readRun(folder);
  const launched = launcher.pid ?? 0;
  launcher.once('exit', tieToThisProcess(launched, folder));
  let seen: ProcessEntry[] = [];

  try {
    await untilReady(folder, launcher, launched, readyWithinMs);
  } catch (error) {
    await end(launcher, 'SIGKILL', 5_000, () => mentioning(folder));
    throw new Error(`the service did not become ready: ${error}\n${output()}`);
  }
  const { api, live } = await run();
  const pid = async (name: ProcessName) => (await run()).pids[name];

  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    seen = [...descendantsOf(launched)];
    await end(launcher, signal, 30_000, () => [...seen.filter(isAlive), ...mentioning(folder)]);
  };

  return {
    api,
    live,
    dataDir: folder,
    client: createServiceClient(api),
    run,
    pid,
    async kill(name, signal) {
      const target = await pid(name);
      process.kill(target, signal);
      return target;
    },
    async waitForRestart(name, before, timeoutMs = 30_000) {
      const after = await untilRun(folder, (now) => now.pids[name] !== before, timeoutMs);
      return after.pids[name];
    },
    output,
    stop,
    async dispose() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The tests' own settings must not leak into the service: it would use the suite's servers, or its provider. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|LANG|LC_.*|TZ|XDG_.*|npm_config_.*|GO.*|.*_proxy|NODE_EXTRA_CA_CERTS)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => ours.test(name)));
}

function collect(child: ChildProcess): () => string {
  const chunks: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  return () => chunks.join('');
}

async function readRun(folder: string): Promise<Run> {
  return JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as Run;
}

async function untilReady(folder: string, launcher: ChildProcess, launched: number, timeoutMs: number): Promise<void> {
  const stillborn = new Promise<never>((_, reject) => {
    launcher.once('exit', (code, signal) => reject(new Error(`the launcher ended with ${code ?? signal}`)));
    launcher.once('error', reject);
  });
  await Promise.race([untilRun(folder, (run) => run.pids.launcher === launched, timeoutMs), stillborn]);
}

/** Waits for a `run.json` that `suits`, reading it again whenever the folder changes. */
function untilRun(folder: string, suits: (run: Run) => boolean, timeoutMs: number): Promise<Run> {
  return new Promise((resolve, reject) => {
    const watcher = watch(folder);
    const done = (act: () => void) => {
      clearTimeout(timer);
      watcher.close();
      act();
    };
    const timer = setTimeout(
      () => done(() => reject(new Error(`run.json did not change within ${timeoutMs} ms`))),
      timeoutMs,
    );
    const look = () =>
      readRun(folder).then(
        (run) => suits(run) && done(() => resolve(run)),
        // Not written yet, or half written: the next change brings it.
        () => undefined,
      );
    watcher.on('change', look);
    watcher.on('error', (error) => done(() => reject(error)));
    void look();
  });
}

async function end(
  launcher: ChildProcess,
  signal: NodeJS.Signals,
  timeoutMs: number,
  left: () => ProcessEntry[],
): Promise<void> {
  const tooLong = AbortSignal.timeout(timeoutMs);
  const exited =
    launcher.exitCode === null && launcher.signalCode === null ? once(launcher, 'exit', { signal: tooLong }) : null;
  launcher.kill(signal);
  const inTime = await Promise.resolve(exited).then(
    () => true,
    () => false,
  );
  const leftovers = await untilGone(left, 3_000);
  for (const { pid } of leftovers) killIfThere(pid);
  if (!inTime) throw new Error(`the launcher was still there ${timeoutMs} ms after ${signal}`);
  if (leftovers.length > 0 && signal !== 'SIGKILL') {
    throw new Error(`the service left processes behind: ${leftovers.map((p) => `${p.pid} ${p.command}`).join('; ')}`);
  }
}

/** What is still there after a while: the launcher's guard, for one, sees its end a moment later than we do. */
async function untilGone(left: () => ProcessEntry[], timeoutMs: number): Promise<ProcessEntry[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const leftovers = left();
    if (leftovers.length === 0 || Date.now() > deadline) return leftovers;
    await delay(50);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

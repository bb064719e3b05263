import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../../config.js';
import { findTemporal } from '../../../scripts/temporal/findTemporal.js';
import { temporalReady } from '../../../scripts/temporal/temporalConnection.js';
import { devServerArgs } from '../../../scripts/temporal/temporalServer.js';
import { freePort } from '../service/freePort.js';
import { tieToThisProcess } from '../service/lifeline.js';

export type TemporalServer = {
  address: string;
  /** Where its HTTP API is, for whoever finds it. */
  http: string;
  stop(): Promise<void>;
};

const startWithinMs = 60_000;
const stopWithinMs = 15_000;

const mostTries = 3;

/**
 * A Temporal server beside the run's own, as `npm start` runs it: its namespace has the same name and another id. One that
 * ends at its start is started again: it picks ports for its parts, and another process may take one before it does.
 */
export async function startTemporalServer(): Promise<TemporalServer> {
  for (let tries = 0; tries < mostTries; tries++) {
    const server = await startOnce();
    if (server) return server;
  }
  throw new Error(`Temporal ended at ${mostTries} starts`);
}

/** Null when the server ends before it answers. */
async function startOnce(): Promise<TemporalServer | null> {
  const { cacheDir } = readConfig({ XDG_CACHE_HOME: process.env.XDG_CACHE_HOME });
  const signal = AbortSignal.timeout(startWithinMs);
  const { path } = await findTemporal({ cacheDir, path: process.env.PATH ?? '', say: console.info, signal });
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-temporal-'));
  const [port, uiPort, httpPort] = [await freePort(), await freePort(), await freePort()];
  const args = [...devServerArgs({ folder, port, uiPort, namespace: 'default' }), '--http-port', String(httpPort)];
  const child = spawn(path, args, { stdio: 'ignore' });
  child.once('exit', tieToThisProcess(child.pid ?? 0, folder));
  const ended = new AbortController();
  child.once('exit', () => ended.abort());
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      child.kill('SIGTERM');
      await gone;
      clearTimeout(timer);
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await temporalReady(`127.0.0.1:${port}`, 'default', AbortSignal.any([signal, ended.signal]));
  } catch (error) {
    const endedItself = ended.signal.aborted;
    await stop();
    if (endedItself) return null;
    throw error;
  }
  return { address: `127.0.0.1:${port}`, http: `http://127.0.0.1:${httpPort}`, stop };
}

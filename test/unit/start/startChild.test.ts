import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readConfig } from '../../../config.js';
import type { Child } from '../../../scripts/processes/child.js';
import { openLog } from '../../../scripts/processes/childLog.js';
import { freePort } from '../../../scripts/processes/ports.js';
import {
  type ChildName,
  logOf,
  type StartContext,
  startChild,
  untilListening,
} from '../../../scripts/start/context.js';
import { dataDirAt } from '../../../scripts/start/dataDir.js';

let folder: string;
let context: StartContext;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-child-'));
  const dataDir = dataDirAt(folder);
  await mkdir(dataDir.logs);
  context = {
    config: readConfig({}),
    dataDir,
    ports: {},
    say: () => undefined,
    signal: new AbortController().signal,
    isUp: () => false,
    children: new Map<ChildName, Child>(),
    events: { say: () => undefined, onSpawned: async () => undefined, onReady: async () => undefined },
  };
});
afterEach(async () => {
  for (const child of context.children.values()) await child.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a server that first finds `error` so many times. */
async function start(error: string, times: number): Promise<number> {
  const tries = join(folder, 'tries');
  const script = `
    const { appendFileSync, readFileSync } = require('node:fs');
    appendFileSync(process.argv[2], 'x');
    if (readFileSync(process.argv[2], 'utf8').length > ${times})
      require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1');
    else {
      console.error(process.argv[3]);
      process.exitCode = 2;
    }`;
  let port = 0;
  const command = () => ({ file: process.execPath, args: ['-e', script, String(port), tries, error] });
  const ready = (pid: number, gone: AbortSignal) => untilListening(pid, port, gone);
  const output = { file: openLog(logOf(context.dataDir, 'temporal')) };
  const started = startChild(
    context,
    'temporal',
    { command, ready, output, stopSignal: 'SIGTERM', graceMs: 5_000 },
    async () => {
      port = await freePort([], '127.0.0.1');
      return [port];
    },
  );
  await started.catch(() => undefined);
  const count = (await readFile(tries, 'utf8')).length;
  await started;
  return count;
}

const lost = 'panic: listen tcp 127.0.0.1:40123: bind: address already in use';

test('a child is started again when another process has taken a port that the child picked', async () => {
  expect(await start(lost, 2)).toBe(3);
});

test('a child that loses its port each time is given up, with the end of its log', async () => {
  await expect(start(lost, 3)).rejects.toThrow(/Could not start temporal:.*address already in use/s);
});

test('a child that ends for another reason is not started again', async () => {
  await expect(start('the database is broken', 1)).rejects.toThrow(/the database is broken/);
  expect(await readFile(join(folder, 'tries'), 'utf8')).toBe('x');
});

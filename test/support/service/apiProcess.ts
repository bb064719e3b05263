import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { until } from '../until.js';
import { wireToken } from '../viewers/gateway.js';
import { createServiceClient, type ServiceClient } from '../viewers/serviceClient.js';
import { freePort } from './freePort.js';

export type ApiProcess = {
  url: string;
  pid: number;
  client: ServiceClient;
  /**
   * Milliseconds that its event loop was held at most since this was last asked: by the clock, or, where that is less
   * because the machine had other work, by the processor time that it took.
   */
  heldMs(): Promise<number>;
  /** MiB that it had in memory at most since this was last asked. Linux only. */
  peakMiB(): Promise<number>;
  stop(): Promise<void>;
};

const probe = new URL('loopProbe.mjs', import.meta.url).href;

/** The api in a process of its own, whose event loop it has to itself. `folder` is the checkout that it runs from. */
export async function startApiProcess(
  databaseUrl: string,
  { env = {}, folder = process.cwd() }: { env?: Record<string, string>; folder?: string } = {},
): Promise<ApiProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', probe, '--import', 'tsx', 'api/main.ts'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      GATEWAY_TOKEN: wireToken,
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
      PAGE_DIR: process.env.TEST_PAGE_DIR,
      TASK_QUEUE: `nobody-polls-${port}`,
      REQUESTS_PER_MINUTE: '1000000',
      LOG_LEVEL: 'silent',
      ...env,
    },
  });
  const gone = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const alive = () =>
    fetch(`${url}/healthz`).then(
      ({ ok }) => ok || null,
      () => null,
    );
  await until('the api', alive, 60_000);
  const heldMs = async () => {
    const answer = once(child, 'message');
    child.send('how long?');
    const [{ delayMs, cpuMs }] = (await answer) as [{ delayMs: number; cpuMs: number }];
    return Math.round(Math.min(delayMs, cpuMs));
  };
  await heldMs();
  return {
    url,
    pid: child.pid!,
    client: createServiceClient(url, { timeoutMs: 120_000 }),
    heldMs,
    async peakMiB() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      await writeFile(`/proc/${child.pid}/clear_refs`, '5');
      return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024);
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

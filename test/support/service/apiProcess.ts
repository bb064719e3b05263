import { join } from 'node:path';
import { until } from '../until.js';
import { wireToken } from '../viewers/gateway.js';
import { createServiceClient, type ServiceClient } from '../viewers/serviceClient.js';
import { freePort } from './freePort.js';
import { type ProbedProcess, startProbedProcess } from './probedProcess.js';

export type ApiProcess = ProbedProcess & { url: string; client: ServiceClient };

/**
 * The api in a process of its own, whose event loop it has to itself. `folder` is the checkout that it runs from, `main`
 * the script that is its api: without them it is the api that was bundled for the run.
 */
export async function startApiProcess(
  databaseUrl: string,
  { env = {}, folder, main = 'api/main.ts' }: { env?: Record<string, string>; folder?: string; main?: string } = {},
): Promise<ApiProcess> {
  const port = await freePort();
  const { TEST_PROCESSES_DIR: bundled } = process.env;
  const args = bundled && folder === undefined ? [join(bundled, 'api.mjs')] : ['--import', 'tsx', main];
  const api = startProbedProcess(args, {
    cwd: folder ?? process.cwd(),
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
  const url = `http://127.0.0.1:${port}`;
  const alive = () =>
    fetch(`${url}/healthz`).then(
      ({ ok }) => ok || null,
      () => null,
    );
  await until('the api', alive, 110_000);
  await api.heldMs();
  return { ...api, url, client: createServiceClient(url, { timeoutMs: 120_000 }) };
}

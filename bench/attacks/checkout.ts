import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestDatabase } from '../../test/support/postgres/postgres.js';
import { type ApiProcess, startApiProcess } from '../../test/support/service/apiProcess.js';
import { type ProbedProcess, startProbedProcess } from '../../test/support/service/probedProcess.js';
import { wireToken } from '../../test/support/viewers/gateway.js';

/** A checkout of this project that is attacked, with its own Postgres and Temporal. One at a time in a process. */
export type Checkout = {
  startApi(database: TestDatabase, env?: Record<string, string>): Promise<ApiProcess>;
  /** A worker as `npm start` runs it. It is ready when the api's `/readyz` says so. */
  startWorker(database: TestDatabase, env: Record<string, string>): ProbedProcess;
  close(): Promise<void>;
};

/** Starts the servers of the checkout in `folder`, of today or with the layout of older releases. */
export async function openCheckout(folder: string): Promise<Checkout> {
  const find = (...places: string[]): string => {
    const found = places.find((place) => existsSync(join(folder, place)));
    if (!found) throw new Error(`${folder} has none of ${places.join(', ')}`);
    return found;
  };
  const script = find('test/support/service/servers.ts', 'test/support/servers.ts');
  const main = find('api/main.ts', 'src/api/main.ts');
  const servers = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(servers, 'exit');
  const said = once(createInterface(servers.stdout!), 'line') as Promise<[string]>;
  const first = await Promise.race([said, ended.then(() => null)]);
  if (!first) throw new Error('the servers of the checkout did not start');
  Object.assign(process.env, JSON.parse(first[0]));
  return {
    startApi: (database, env = {}) => startApiProcess(database.url, { folder, main, env }),
    startWorker: (database, env) =>
      startProbedProcess(['--enable-source-maps', join(process.env.TEST_PROCESSES_DIR ?? '', 'worker.mjs')], {
        cwd: folder,
        env: {
          ...process.env,
          DATABASE_URL: database.url,
          TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
          WORKFLOW_BUNDLE: process.env.TEST_WORKFLOW_BUNDLE,
          GATEWAY_TOKEN: wireToken,
          LOG_LEVEL: 'fatal',
          ...env,
        },
      }),
    async close() {
      servers.stdin!.end();
      await ended;
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bundledCommand } from '../scripts/processes/nodeCommand.js';
import { startRedis } from '../test/support/postgres/redis.js';
import { freePort } from '../test/support/service/freePort.js';
import { type Service, startService } from '../test/support/service/service.js';
import { patienceMs, type Subject, subjectClient } from './subject.js';

export type Fleet = { subjects: Subject[]; close(): Promise<void> };

type Started = { pid: number; stop(): Promise<void> };

/**
 * The service with two apis and two workers over Redis. Each subject posts to one api and watches at the other, so that
 * all of its tokens pass through Redis.
 */
export async function startFleet(env: Record<string, string>): Promise<Fleet> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const redis = await startRedis();
    closers.push(redis.stop);
    const shared = { ...env, RELAY_URL: redis.url };
    const service = await startService({ env: shared });
    closers.push(service.dispose);
    const port = await freePort();
    const second = `http://127.0.0.1:${port}`;
    const api = await startBeside(service, 'api', { ...shared, PORT: String(port) });
    closers.push(api.stop);
    await untilReady(second);
    const worker = await startBeside(service, 'worker', { ...shared, GATEWAY_URL: second });
    closers.push(worker.stop);
    const { pids } = await service.run();
    const { launcher: _, ...counted } = pids;
    const all = { ...counted, 'second api': api.pid, 'second worker': worker.pid };
    const host = await service.client.createCharacter();
    const between = (posts: string, watches: string): Subject => ({
      name: 'service',
      base: watches,
      client: { ...subjectClient(watches), postTurn: subjectClient(posts).postTurn },
      pids: all,
      newChat: async () => (await service.client.createChat(host.id)).id,
    });
    return { subjects: [between(service.api, second), between(second, service.api)], close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A process of the service as its launcher starts it, on its Postgres and Temporal. */
async function startBeside(service: Service, name: 'api' | 'worker', env: Record<string, string>): Promise<Started> {
  const { databaseUrl, temporalAddress } = await service.run();
  const { file, args, cwd } = bundledCommand(join(service.dataDir, 'processes', `${name}.mjs`));
  const child = spawn(file, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      DATA_DIR: service.dataDir,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      WORKFLOW_BUNDLE: join(service.dataDir, 'workflows', 'workflows.js'),
      PAGE_DIR: join(service.dataDir, 'page'),
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  return {
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function untilReady(base: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const ready = await fetch(`${base}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    if (performance.now() > deadline) throw new Error(`the api at ${base} did not become ready`);
    await delay(100);
  }
}

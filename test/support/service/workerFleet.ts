import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { readTurn, type TurnView } from '../../../db/turns/turnView.js';
import { createTurnEngine, type TurnEngine } from '../../../engine/turnEngine.js';
import { claim, owner } from '../chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../postgres/postgres.js';
import { type ScriptedProvider, startScriptedProvider } from '../provider/scriptedProvider.js';
import { until } from '../until.js';
import { startWorkerProcess, type WorkerProcess } from './workerProcess.js';

/** Workers in processes of their own on one task queue, without an api: turns are claimed and started directly. */
export type WorkerFleet = {
  database: TestDatabase;
  pool: Pool;
  provider: ScriptedProvider;
  client: Client;
  engine: TurnEngine;
  taskQueue: string;
  /** The workflows' bundle that workers run, and the folder that it is in. */
  bundle: string;
  folder: string;
  start(env?: Record<string, string>): Promise<WorkerProcess>;
  /** A turn of the chat whose workflow is started. */
  begin(chatId: string): Promise<string>;
  ended(turnId: string, withinMs?: number, of?: string): Promise<TurnView>;
  untilText(turnId: string, text: string): Promise<true>;
  /** Ends all workers, at once. */
  endWorkers(): Promise<void>;
  close(): Promise<void>;
};

export async function startWorkerFleet(name: string, shared: Record<string, string> = {}): Promise<WorkerFleet> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-fleet-'));
  const bundle = join(folder, 'workflows.js');
  await copyFile(process.env.TEST_WORKFLOW_BUNDLE ?? '', bundle);
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 10 });
  const provider = await startScriptedProvider();
  const address = process.env.TEST_TEMPORAL_ADDRESS ?? '';
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const taskQueue = `${name}-${process.pid}`;
  const engine = createTurnEngine({ client, taskQueue });
  const workers: WorkerProcess[] = [];
  const environment = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TASK_QUEUE: taskQueue,
    OPENAI_BASE_URL: provider.baseUrl,
    GATEWAY_URL: 'http://127.0.0.1:9',
    WORKFLOW_BUNDLE: bundle,
    ...shared,
  };
  const view = (turnId: string, of = owner) => readTurn(pool, { turnId, owner: of });
  const endWorkers = async () => {
    const ending = workers.splice(0);
    for (const worker of ending) worker.kill('SIGKILL');
    await Promise.all(ending.map((worker) => worker.gone));
  };

  return {
    database,
    pool,
    provider,
    client,
    engine,
    taskQueue,
    bundle,
    folder,
    async start(env = {}) {
      const worker = await startWorkerProcess({ ...environment, ...env });
      workers.push(worker);
      return worker;
    },
    async begin(chatId) {
      const { turn, start } = await claim(pool, chatId);
      if (!start) throw new Error('the chat is busy');
      await engine.start(start, { deadlineMs: 5_000 });
      return turn.id;
    },
    ended: (turnId, withinMs = 30_000, of = owner) =>
      until(
        'the turn ends',
        async () => {
          const turn = await view(turnId, of);
          return turn?.finishedAt ? turn : null;
        },
        withinMs,
      ),
    untilText: (turnId, text) =>
      until(`the text is "${text}"`, async () => ((await view(turnId))?.beats[0]?.text === text ? true : null)),
    endWorkers,
    async close() {
      await endWorkers();
      await connection.close();
      await provider.close();
      await pool.end();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

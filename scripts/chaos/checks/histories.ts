import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { type History, historyToJson } from '../../../test/support/temporal/engine.js';
import { outOfOrder } from '../../../test/support/temporal/localActivities.js';
import { type Check, check } from './check.js';

type Fetched = { workflowId: string; runId: string; status: string; history: History };

/**
 * Replays every workflow run on the current workflows. Saves each history that does not replay in `folder`. `onHistory` gets
 * each history.
 */
export async function checkHistories(
  client: Client,
  codePath: string,
  folder: string,
  onHistory: (workflowId: string, history: History) => void,
): Promise<Check> {
  const replayed = check('workflows whose history does not replay');
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  for await (const batch of inBatches(fetchAll(client), 50)) {
    for (const { workflowId, history } of batch) onHistory(workflowId, history);
    const byRun = new Map(batch.map((one) => [one.runId, one]));
    const results = Worker.runReplayHistories(
      { workflowBundle: { codePath } },
      batch.map(({ workflowId, history }) => ({ workflowId, history })),
    );
    for await (const { workflowId, runId, error } of results) {
      const one = byRun.get(runId) ?? batch.find((each) => each.workflowId === workflowId);
      const overlaps = one ? outOfOrder(one.history).map((found) => `local activities overlapped: ${found}`) : [];
      replayed.record(`${workflowId} ${one?.status}`, error ? [String(error)] : overlaps);
      if ((error || overlaps.length > 0) && one) await saveHistory(folder, one.workflowId, one.history, one.runId);
    }
  }
  return replayed.done();
}

export async function saveHistory(folder: string, workflowId: string, history: History, runId: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const name = `${workflowId}-${runId}`.replaceAll(/[^\w-]/g, '_');
  await writeFile(join(folder, `${name}.json`), JSON.stringify(historyToJson(history), null, 1));
}

async function* fetchAll(client: Client): AsyncGenerator<Fetched> {
  for await (const { workflowId, runId, status } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    yield { workflowId, runId, status: status.name, history };
  }
}

async function* inBatches<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const one of source) {
    batch.push(one);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

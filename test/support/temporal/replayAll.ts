import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import type { History } from './engine.js';
import { outOfOrder } from './localActivities.js';

const workflowsPath = fileURLToPath(new URL('../../../workflows/index.ts', import.meta.url));

export type ReplayReport = {
  replayed: number;
  /** Workflow tasks that failed while the workflow ran. */
  failedTasks: { workflowId: string; cause: string }[];
  breaches: { workflowId: string; error: string }[];
};

/** Replays the histories of these workflows, and of the children that they started, against the code as it is. */
export async function replayAll(client: Client, workflowIds: string[]): Promise<ReplayReport> {
  const workflowBundle = await currentWorkflows();
  const histories = await withChildren(client, workflowIds);
  const failedTasks = [...histories].flatMap(([workflowId, history]) =>
    failedTasksOf(history).map((cause) => ({ workflowId, cause })),
  );
  const breaches: ReplayReport['breaches'] = [];
  for (const [workflowId, history] of histories)
    for (const found of outOfOrder(history))
      breaches.push({ workflowId, error: `local activities overlapped: ${found}` });
  const each = [...histories].map(([workflowId, history]) => ({ workflowId, history }));
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, each))
    if (error) breaches.push({ workflowId, error: String(error) });
  return { replayed: histories.size, failedTasks, breaches };
}

/** The bundle of the run, which is of the code as it is. */
async function currentWorkflows() {
  const { TEST_WORKFLOW_BUNDLE: codePath } = process.env;
  return codePath ? { codePath } : bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
}

async function withChildren(client: Client, workflowIds: string[]): Promise<Map<string, History>> {
  const histories = new Map<string, History>();
  const waiting = [...workflowIds];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (histories.has(id)) continue;
    const history = await client.workflow.getHandle(id).fetchHistory();
    histories.set(id, history);
    for (const { startChildWorkflowExecutionInitiatedEventAttributes: child } of history.events ?? [])
      if (child?.workflowId) waiting.push(child.workflowId);
  }
  return histories;
}

const failedTasksOf = (history: History): string[] =>
  (history.events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed ? [failed.failure?.message ?? String(failed.cause)] : [],
  );

import type { Client } from '@temporalio/client';
import { searchKey } from '../domain/turns/workflowStart.js';
import { inParallel } from '../lib/inParallel.js';

/** Deletes workflows of a chat with their histories, at most a page of them. Returns how many it found. */
export type DeleteWorkflows = (chatId: string) => Promise<number>;

const PAGE = 100;
const AT_ONCE = 8;
const deadlineMs = 2_000;
const NOT_FOUND = 5;

/**
 * Finds the workflows of a chat by their search attribute: turns, sub-agents, scenes and deliveries, each run of them. One
 * that still runs is terminated by its deletion. What was started a moment ago is not found yet. Throws when Temporal does
 * not answer in time.
 */
export function createDeleteWorkflows(client: Client): DeleteWorkflows {
  const { namespace } = client.options;
  const within = <T>(call: () => Promise<T>) => client.connection.withDeadline(Date.now() + deadlineMs, call);
  return async (chatId) => {
    const query = `${searchKey('ChatId').name} = '${chatId.replaceAll("'", '')}'`;
    const { executions } = await within(() =>
      client.workflowService.listWorkflowExecutions({ namespace, pageSize: PAGE, query }),
    );
    const found = executions ?? [];
    let failure: unknown = null;
    await inParallel(found, AT_ONCE, async ({ execution: workflowExecution }) => {
      if (failure) return;
      const remove = () =>
        client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: workflowExecution ?? null });
      await within(remove).catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== NOT_FOUND) failure = error;
      });
    });
    if (failure) throw failure;
    return found.length;
  };
}

import { type Client, isGrpcDeadlineError } from '@temporalio/client';
import type { FailureCode } from '../domain/log/failures.js';
import { fairnessKey, IMPERSONATE_WORKFLOW } from '../domain/turns/engine.js';
import { searchKey } from '../domain/turns/workflowStart.js';

export type ImpersonationStart = { impersonationId: string; chatId: string; owner: string };

/**
 * Has a message written by a worker, and waits until it is in Postgres. Returns why there is none. Cancels the work when
 * `signal` is aborted, and throws then; also when Temporal can not be reached. Without a worker in time: `reply_timeout`.
 */
export type Impersonate = (
  start: ImpersonationStart,
  options: { deadlineMs: number; signal: AbortSignal },
) => Promise<{ code: FailureCode | null }>;

const START_MS = 5_000;
const CANCEL_MS = 5_000;

export function createImpersonate({ client, taskQueue }: { client: Client; taskQueue: string }): Impersonate {
  const within = <T>(ms: number, call: () => Promise<T>) => client.withDeadline(Date.now() + ms, call);
  return async ({ impersonationId, chatId, owner }, { deadlineMs, signal }) => {
    signal.throwIfAborted();
    const handle = await within(START_MS, () =>
      client.workflow.start(IMPERSONATE_WORKFLOW, {
        workflowId: impersonationId,
        taskQueue,
        args: [{ impersonationId }],
        priority: { fairnessKey: fairnessKey(owner) },
        staticSummary: 'message for the user',
        workflowExecutionTimeout: '2 m',
        typedSearchAttributes: [{ key: searchKey('ChatId'), value: chatId }],
      }),
    );
    try {
      return await client.withAbortSignal(signal, () =>
        within(deadlineMs, () => handle.result() as Promise<{ code: FailureCode | null }>),
      );
    } catch (error) {
      // The workflow also ends by itself, after its timeout.
      await within(CANCEL_MS, () => handle.cancel()).catch(() => undefined);
      if (!signal.aborted && isGrpcDeadlineError(error)) return { code: 'reply_timeout' };
      throw error;
    }
  };
}

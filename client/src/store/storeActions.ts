import type { Client } from '../client.js';
import { ApiError } from '../errors.js';
import { type RetryOptions, withRetries } from '../requests/retry.js';
import type { Turn } from '../schema.js';

/** Asks for the last reply of a chat again, for other text or the same. Repeats the request under one idempotency key. */
export async function regenerateTurn(
  client: Client,
  { turnId, text, key }: { turnId: string; text?: string | undefined; key: string },
  retry?: RetryOptions,
): Promise<Turn> {
  const path = `/v1/turns/${encodeURIComponent(turnId)}/regenerate`;
  const options = { body: text === undefined ? {} : { text }, headers: { 'idempotency-key': key } };
  return (await withRetries(() => client.request<{ turn: Turn }>('POST', path, options), retry)).body.turn;
}

export type Decision = { approved: boolean; comment?: string | undefined };

/** Decides about a tool call. A repeated decision, whose answer was lost, counts as the first. */
export async function decideCall(
  client: Client,
  { turnId, callId }: { turnId: string; callId: string },
  { approved, comment }: Decision,
  retry?: RetryOptions,
): Promise<void> {
  const path = `/v1/turns/${encodeURIComponent(turnId)}/approvals/${encodeURIComponent(callId)}`;
  const body = { approved, ...(comment ? { comment } : {}) };
  let attempts = 0;
  await withRetries(async () => {
    attempts += 1;
    await client.request('POST', path, { body }).catch((error: unknown) => {
      const isRepeated = attempts > 1 && error instanceof ApiError && error.code === 'approval_not_pending';
      if (!isRepeated) throw error;
    });
  }, retry);
}

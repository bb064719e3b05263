import { ApiError, isTransient } from '../errors.js';
import { type Backoff, backoffMs, sleep } from './backoff.js';

export type RetryOptions = {
  /** How often the request is sent at most; 10 by default. */
  attempts?: number;
  /** The delays between attempts; from 250 ms to 5 s by default. */
  backoff?: Backoff;
  signal?: AbortSignal;
};

/** The longest pause for a `Retry-After` header, in milliseconds. */
const maxRetryAfterMs = 30_000;

/** Repeats an idempotent request while it fails for a transient reason. Throws the last error. */
export async function withRetries<T>(send: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 10, backoff = { firstMs: 250, maxMs: 5_000 }, signal } = options;
  for (let failures = 0; ; failures += 1) {
    try {
      return await send();
    } catch (error) {
      if (!isTransient(error) || failures + 1 >= attempts) throw error;
      const asked = error instanceof ApiError ? Math.min(error.retryAfterMs ?? 0, maxRetryAfterMs) : 0;
      await sleep(Math.max(asked, backoffMs(failures, backoff)), signal);
      signal?.throwIfAborted();
    }
  }
}

import { deleteExpiredChats } from '../../db/chats/retention.js';
import type { Pool } from '../../db/core/pool.js';
import { bounded } from '../../lib/bounded.js';
import { coalesce } from '../../lib/coalesce.js';
import type { Log } from '../../telemetry/log/log.js';

/** Milliseconds between two passes, and those after which a pass begins no further batch. */
const everyMs = 15_000;
const passMs = 10_000;

export type Retention = {
  /** Stops. Resolves when the running pass has ended. */
  close(): Promise<void>;
};

/**
 * Deletes chats without activity for `days`, with `RETENTION_DAYS`. Starts at once. `onDeleted` gets how many were deleted:
 * their rows are to be purged.
 */
export function startRetention(deps: {
  pool: Pool;
  days: number | undefined;
  log: Log;
  onDeleted: (count: number) => void;
}): Retention {
  const { pool, days, log, onDeleted } = deps;
  if (days === undefined) return { close: async () => undefined };
  const closing = new AbortController();

  const pass = coalesce(async () => {
    const { signal, end } = bounded(closing.signal, passMs);
    try {
      const count = await deleteExpiredChats(pool, days, signal);
      if (count === 0) return;
      log.info({ count, days }, 'chats without activity were deleted');
      onDeleted(count);
    } catch (err) {
      if (!closing.signal.aborted) log.warn({ err }, 'chats without activity could not be deleted; trying again');
    } finally {
      end();
    }
  });

  const timer = setInterval(() => void pass(), everyMs);
  void pass();
  return {
    async close() {
      closing.abort();
      clearInterval(timer);
      await pass();
    },
  };
}

import { purgeDeletedChats } from '../../db/chats/deleteChat.js';
import type { Pool } from '../../db/core/pool.js';
import type { Log } from '../../telemetry/log/log.js';

/** The interval at which chats are found that another api deleted before it died. */
const everyMs = 30_000;

export type ChatPurge = {
  /** Starts a purge: a chat was deleted. */
  start(): void;
  /** Stops purging. Resolves when the running purge has ended. */
  close(): Promise<void>;
};

/** Purges the rows of deleted chats in the background. Starts at once, to continue the purge of a killed api. */
export function createChatPurge({ pool, log }: { pool: Pool; log: Log }): ChatPurge {
  const closing = new AbortController();
  let running: Promise<void> | null = null;
  let again = false;
  let failing = false;

  async function purge() {
    do {
      again = false;
      try {
        await purgeDeletedChats(pool, closing.signal);
        failing = false;
      } catch (err) {
        if (!failing && !closing.signal.aborted) log.warn({ err }, 'deleted chats could not be purged; trying again');
        failing = true;
      }
    } while (again && !failing && !closing.signal.aborted);
  }

  function start() {
    if (closing.signal.aborted) return;
    again = true;
    running ??= purge().finally(() => {
      running = null;
    });
  }

  const timer = setInterval(start, everyMs);
  start();
  return {
    start,
    async close() {
      closing.abort();
      clearInterval(timer);
      await running;
    },
  };
}

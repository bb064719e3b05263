import { purgeDeletedChats } from '../../db/chats/deleteChat.js';
import type { Pool } from '../../db/core/pool.js';
import type { Log } from '../../telemetry/log/log.js';

/** A chat that another api deleted before it died is found after so long. */
const everyMs = 30_000;

export type ChatPurge = {
  /** A chat was deleted: its rows can go. */
  soon(): void;
  /** Resolves when nothing of it is under way any more. */
  close(): Promise<void>;
};

/** Purges the rows of deleted chats in the background, from the start on: what a killed api left is gone on with. */
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

  function soon() {
    if (closing.signal.aborted) return;
    again = true;
    running ??= purge().finally(() => {
      running = null;
    });
  }

  const timer = setInterval(soon, everyMs);
  soon();
  return {
    soon,
    async close() {
      closing.abort();
      clearInterval(timer);
      await running;
    },
  };
}

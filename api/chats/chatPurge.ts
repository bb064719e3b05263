import { purgeDeletedChats } from '../../db/chats/deleteChat.js';
import { deleteWorkflowsOfChats, nextWorkflowDeletion } from '../../db/chats/workflowDeletions.js';
import type { Pool } from '../../db/core/pool.js';
import { deleteUnstoredChats } from '../../db/dialects/unstoredChats.js';
import { continueOwnerDeletions } from '../../db/owners/deleteOwner.js';
import type { DeleteWorkflows } from '../../engine/chatWorkflows.js';
import { withinOr } from '../../lib/within.js';
import type { Log } from '../../telemetry/log/log.js';

/** The interval at which deletions are found that another api did not complete before it died. */
const everyMs = 30_000;
/** The shortest pause before workflows are looked for again. */
const soonMs = 1_000;

export type ChatPurge = {
  /** Starts a purge: a chat was deleted. */
  start(): void;
  /** Starts a purge, and waits for its end, at most `withinMs`. */
  run(withinMs: number): Promise<void>;
  /** Stops purging. Resolves when the running purge has ended. */
  close(): Promise<void>;
};

/**
 * Completes deletions in the background: of what an owner has, of chats of responses that are not stored, of the rows of
 * deleted chats, and beside that of their
 * workflows in Temporal, which may be away. Starts at once, to continue the purge of a killed api.
 */
export function createChatPurge(deps: { pool: Pool; deleteWorkflows: DeleteWorkflows; log: Log }): ChatPurge {
  const { pool, deleteWorkflows, log } = deps;
  const closing = new AbortController();
  const { signal } = closing;
  let soon: NodeJS.Timeout | undefined;

  const owners = createPart(log, 'what owners had could not be deleted; trying again', signal, async () => {
    if ((await continueOwnerDeletions(pool, signal)) === 0) return;
    rows.start();
    workflows.start();
  });
  const rows = createPart(log, 'deleted chats could not be purged; trying again', signal, async () => {
    await deleteUnstoredChats(pool);
    await purgeDeletedChats(pool, signal);
  });
  const workflows = createPart(
    log,
    'workflows of deleted chats could not be deleted; trying again',
    signal,
    async () => {
      await deleteWorkflowsOfChats(pool, deleteWorkflows, signal);
      const dueMs = await nextWorkflowDeletion(pool);
      clearTimeout(soon);
      if (dueMs !== null && !signal.aborted) soon = setTimeout(workflows.start, Math.max(soonMs, dueMs)).unref();
    },
  );
  const parts = [owners, rows, workflows];
  const start = () => {
    for (const part of parts) part.start();
  };

  const timer = setInterval(start, everyMs);
  start();
  return {
    start,
    async run(withinMs) {
      start();
      await withinOr(withinMs, Promise.all(parts.map((part) => part.ended())), null);
    },
    async close() {
      closing.abort();
      clearInterval(timer);
      clearTimeout(soon);
      await Promise.all(parts.map((part) => part.ended()));
    },
  };
}

/**
 * Runs one pass of `work` at a time, and another one if it was started meanwhile. A pass that fails is not repeated here,
 * and only the first of several failures is logged.
 */
function createPart(log: Log, failed: string, signal: AbortSignal, work: () => Promise<void>) {
  let running: Promise<void> | null = null;
  let again = false;
  let failing = false;

  async function run() {
    do {
      again = false;
      try {
        await work();
        failing = false;
      } catch (err) {
        if (!failing && !signal.aborted) log.warn({ err }, failed);
        failing = true;
      }
    } while (again && !failing && !signal.aborted);
  }

  return {
    start() {
      if (signal.aborted) return;
      again = true;
      running ??= run().finally(() => {
        running = null;
      });
    },
    ended: async () => {
      await running;
    },
  };
}

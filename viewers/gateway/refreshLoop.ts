import type { Logger } from 'pino';
import type { DraftMore } from '../../db/timeline/feed.js';
import { createSingleFlight } from '../core/singleFlight.js';
import type { Feed } from './feed.js';
import type { FeedReads } from './feedReads.js';

/** Milliseconds between looks for drafts whose checkpoints are due. */
const checkpointTickMs = 100;
/** Milliseconds between reads of all chats. */
const refreshMs = 5_000;

export type RefreshLoopOptions = {
  reads: FeedReads;
  log: Pick<Logger, 'warn'>;
  now: () => number;
  feeds: () => Feed[];
  feedOf: (chatId: string) => Feed | undefined;
  /** The chat was deleted. */
  onDeleted: (chatId: string) => void;
  /** A checkpoint had text that the wire had not brought. */
  onGapFilled: () => void;
};

export type RefreshLoop = {
  /** Reads the checkpoints that are due at the end of this tick. */
  readCheckpointsSoon(): void;
  /** Reads the heads and drafts of all chats that have a feed: notifications may have been lost. */
  refresh(): void;
  close(): void;
};

/** Reads from Postgres what neither the wire nor a notification brought. One query serves all feeds. */
export function createRefreshLoop(options: RefreshLoopOptions): RefreshLoop {
  const { reads, log, now, feeds, feedOf, onDeleted, onGapFilled } = options;
  const checkpoints = createSingleFlight(readDueCheckpoints, log, "could not read the drafts' checkpoints");
  const chats = createSingleFlight(readChats, log, 'could not refresh the chats');

  async function readDueCheckpoints() {
    const wants = feeds().flatMap((feed) => feed.takeDueReads(now()));
    if (wants.length === 0) return;
    const found = await reads.checkpoints(wants);
    for (const checkpoint of found) if (feedOf(checkpoint.chatId)?.applyCheckpoint(checkpoint)) onGapFilled();
    await readHeadsOfEnded(found);
  }

  /** A draft that has ended in Postgres and not in its feed: the notification of its event was lost. */
  async function readHeadsOfEnded(found: DraftMore[]) {
    const chatIds = found.filter((draft) => draft.over).map((draft) => draft.chatId);
    if (chatIds.length === 0) return;
    for (const head of await reads.heads(chatIds)) feedOf(head.chatId)?.headMoved(head.seq);
  }

  async function readChats() {
    const chatIds = feeds().map((feed) => feed.chatId);
    if (chatIds.length === 0) return;
    const [heads, drafts] = await Promise.all([reads.heads(chatIds), reads.draftsInFlight(chatIds)]);
    for (const head of heads) {
      const own = drafts.filter((draft) => draft.chatId === head.chatId);
      feedOf(head.chatId)?.refresh(head, own);
    }
    const existing = new Set(heads.map((head) => head.chatId));
    for (const chatId of chatIds) if (!existing.has(chatId)) onDeleted(chatId);
  }

  const timers = [setInterval(checkpoints.run, checkpointTickMs), setInterval(chats.run, refreshMs)];
  return {
    readCheckpointsSoon: () => void setImmediate(checkpoints.run),
    refresh: chats.run,
    close() {
      for (const timer of timers) clearInterval(timer);
      checkpoints.close();
      chats.close();
    },
  };
}

import type { Logger } from 'pino';
import type { DraftMore } from '../../db/timeline/feed.js';
import type { Feed } from './feed.js';
import type { FeedReads } from './feedReads.js';

/** Milliseconds between looks at which drafts are to be read from their checkpoints, and between reading all anew. */
const checkpointTickMs = 100;
const refreshMs = 5_000;

export type UpkeepOptions = {
  reads: FeedReads;
  log: Pick<Logger, 'warn'>;
  now: () => number;
  feeds: () => Feed[];
  feedOf: (chatId: string) => Feed | undefined;
  /** The chat is no more. */
  gone: (chatId: string) => void;
  /** A checkpoint held what the wire had not brought. */
  filled: () => void;
};

export type Upkeep = {
  /** Reads the checkpoints of drafts with gaps in this tick. */
  readSoon(): void;
  /** Reads anew every chat that is served: something may have gone unheard. */
  refresh(): void;
  close(): void;
};

/** Brings the feeds what neither the wire nor a notification brought, with one query for all of them. */
export function createUpkeep({ reads, log, now, feeds, feedOf, gone, filled }: UpkeepOptions): Upkeep {
  const checkpoints = createOneAtATime(readDue, log, "could not read the drafts' checkpoints");
  const refreshes = createOneAtATime(readAll, log, 'could not read the chats anew');

  async function readDue() {
    const wants = feeds().flatMap((feed) => feed.dueDrafts(now()));
    if (wants.length === 0) return;
    const found = await reads.checkpoints(wants);
    for (const more of found) if (feedOf(more.chatId)?.fill(more)) filled();
    await noticeOver(found);
  }

  /** A draft that is over here, but not in its feed: the notification of its event was lost. */
  async function noticeOver(found: DraftMore[]) {
    const chats = found.filter((draft) => draft.over).map((draft) => draft.chatId);
    if (chats.length === 0) return;
    for (const head of await reads.heads(chats)) feedOf(head.chatId)?.notice(head.seq);
  }

  async function readAll() {
    const chatIds = feeds().map((feed) => feed.chatId);
    if (chatIds.length === 0) return;
    const [heads, drafts] = await Promise.all([reads.heads(chatIds), reads.draftsInFlight(chatIds)]);
    for (const head of heads) {
      const own = drafts.filter((draft) => draft.chatId === head.chatId);
      feedOf(head.chatId)?.refresh(head, own);
    }
    const there = new Set(heads.map((head) => head.chatId));
    for (const chatId of chatIds) if (!there.has(chatId)) gone(chatId);
  }

  const timers = [setInterval(checkpoints.run, checkpointTickMs), setInterval(refreshes.run, refreshMs)];
  return {
    readSoon: () => void setImmediate(checkpoints.run),
    refresh: refreshes.run,
    close() {
      for (const timer of timers) clearInterval(timer);
      checkpoints.close();
      refreshes.close();
    },
  };
}

/** Runs work never twice at once; asked for while it runs, it runs once more after. Says once that it fails. */
function createOneAtATime(work: () => Promise<void>, log: Pick<Logger, 'warn'>, complaint: string) {
  let running = false;
  let again = false;
  let failing = false;
  let closed = false;

  function run() {
    if (closed) return;
    again = running;
    if (running) return;
    running = true;
    work()
      .then(
        () => {
          failing = false;
        },
        (error) => {
          if (!failing && !closed) log.warn({ err: error }, complaint);
          failing = true;
        },
      )
      .finally(() => {
        running = false;
        if (again) run();
      });
  }

  return {
    run,
    close() {
      closed = true;
    },
  };
}

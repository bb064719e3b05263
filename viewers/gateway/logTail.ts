import { toEventFrame } from '../../domain/log/frames.js';
import { backoffMs } from '../../lib/backoff.js';
import { type EncodedFrame, encodeFrame } from '../sinks/sink.js';
import type { FeedEvent } from './landingFrames.js';

/** An event with its frame, which is encoded once for all viewers. */
export type TailEvent = FeedEvent & { frame: EncodedFrame };

/** The newest events are cached, so that viewers that are slightly behind do not each read them from Postgres. */
const maxRecent = 64;
const maxRecentBytes = 16 * 1024 * 1024;
const pageSize = 200;

export type LogTail = {
  /** The newest event that was handed to live viewers. */
  readonly seq: number;
  /** Postgres has events up to this seq: reads those that are new. */
  headMoved(seq: number): void;
  /** Resolves once `seq` is at least this, or the tail is closed. */
  reached(seq: number): Promise<void>;
  /** A page of events after a cursor, up to `seq`. Throws when Postgres is away. */
  after(cursor: number): Promise<TailEvent[]>;
  close(): void;
};

export type LogTailOptions = {
  seq: number;
  read(range: { after: number; upTo: number; limit: number }): Promise<FeedEvent[]>;
  /** Called with each new event in order, before `seq` moves to it. Returns the event as viewers are to get it. */
  beforeAdvance(event: FeedEvent): FeedEvent;
  /** Called after `seq` has moved to the event. */
  afterAdvance(event: TailEvent): void;
  onError(error: unknown): void;
};

/** Follows the log of one chat: reads each new event once and in order, however often and late the head moves. */
export function createLogTail(options: LogTailOptions): LogTail {
  let seq = options.seq;
  let head = options.seq;
  let reading = false;
  let closed = false;
  let tries = 0;
  let retry: NodeJS.Timeout | undefined;
  let waiters: { seq: number; resolve: () => void }[] = [];
  const recent: TailEvent[] = [];
  let recentBytes = 0;

  /** `entry`: as viewers get it. `epoch`: as Postgres has it. */
  const encode = (entry: FeedEvent, epoch: number): TailEvent => ({
    ...entry,
    frame: { ...encodeFrame(toEventFrame(entry.event)), epoch },
  });

  function cache(entry: TailEvent) {
    recent.push(entry);
    recentBytes += entry.frame.bytes.length;
    while (recent.length > 1 && (recent.length > maxRecent || recentBytes > maxRecentBytes)) {
      recentBytes -= recent.shift()!.frame.bytes.length;
    }
  }

  async function readToHead() {
    while (seq < head && !closed) {
      const upTo = head;
      const page = await options.read({ after: seq, upTo, limit: pageSize });
      if (closed) return;
      // The chat was deleted, or its head was never at this seq: unless the head moved since, nothing is left to read.
      if (page.length === 0 && head === upTo) head = seq;
      for (const event of page) {
        const entry = encode(options.beforeAdvance(event), event.epoch);
        seq = event.event.seq;
        cache(entry);
        options.afterAdvance(entry);
      }
      resolveWaiters();
    }
  }

  function resolveWaiters() {
    const done = waiters.filter((waiter) => closed || waiter.seq <= seq);
    waiters = waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }

  function start() {
    if (reading || closed) return;
    reading = true;
    readToHead().then(
      () => {
        reading = false;
        tries = 0;
        if (seq < head) start();
      },
      (error) => {
        reading = false;
        if (tries === 0) options.onError(error);
        retry = setTimeout(start, backoffMs(tries));
        tries += 1;
      },
    );
  }

  return {
    get seq() {
      return seq;
    },
    headMoved(to) {
      if (to <= head) return;
      head = to;
      start();
    },
    reached(wanted) {
      if (closed || wanted <= seq) return Promise.resolve();
      return new Promise((resolve) => waiters.push({ seq: wanted, resolve }));
    },
    async after(cursor) {
      const first = recent[0]?.event.seq;
      if (first !== undefined && first <= cursor + 1) return recent.slice(cursor + 1 - first);
      const page = await options.read({ after: cursor, upTo: seq, limit: pageSize });
      return page.map((entry) => encode(entry, entry.epoch));
    },
    close() {
      closed = true;
      clearTimeout(retry);
      resolveWaiters();
    },
  };
}

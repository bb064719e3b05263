import { toEventFrame } from '../../domain/log/frames.js';
import { backoffMs } from '../../lib/backoff.js';
import { type EncodedFrame, encodeFrame } from '../sinks/sink.js';
import type { FeedEvent } from './landingFrames.js';

/** An event with its frame, made once for all viewers. */
export type TailEvent = FeedEvent & { frame: EncodedFrame };

/** The newest events are kept, so that viewers a little behind don't each read them from Postgres. */
const maxRecent = 64;
const maxRecentBytes = 16 * 1024 * 1024;
const pageSize = 200;

export type LogTail = {
  /** The newest event that was passed on. */
  readonly seq: number;
  /** Postgres has events up to `seq`: read what is new. */
  notice(seq: number): void;
  /** Resolves once `seq` is at least this, or the tail is closed. */
  reached(seq: number): Promise<void>;
  /** Events after a cursor, up to `seq`; as many as make a page. Throws when Postgres is away. */
  after(cursor: number): Promise<TailEvent[]>;
  close(): void;
};

export type LogTailOptions = {
  seq: number;
  read(range: { after: number; upTo: number; limit: number }): Promise<FeedEvent[]>;
  /** Called with each new event, in order; gives back what viewers are to be told. */
  pass(event: FeedEvent): FeedEvent;
  /** Called after `seq` has moved to the event. */
  passed(event: TailEvent): void;
  onError(error: unknown): void;
};

/** Follows the log of one chat: reads what is new, in order, once, however often it is told. */
export function createLogTail(options: LogTailOptions): LogTail {
  let seq = options.seq;
  let newest = options.seq;
  let reading = false;
  let closed = false;
  let tries = 0;
  let retry: NodeJS.Timeout | undefined;
  let waiters: { seq: number; resolve: () => void }[] = [];
  const recent: TailEvent[] = [];
  let recentBytes = 0;

  const encode = (entry: FeedEvent): TailEvent => ({ ...entry, frame: encodeFrame(toEventFrame(entry.event)) });

  function keep(entry: TailEvent) {
    recent.push(entry);
    recentBytes += entry.frame.bytes.length;
    while (recent.length > 1 && (recent.length > maxRecent || recentBytes > maxRecentBytes)) {
      recentBytes -= recent.shift()!.frame.bytes.length;
    }
  }

  async function readOn() {
    while (seq < newest && !closed) {
      const upTo = newest;
      const page = await options.read({ after: seq, upTo, limit: pageSize });
      if (closed) return;
      // The chat is gone, or the seq was never true: unless more was noticed meanwhile, there is nothing to wait for.
      if (page.length === 0 && newest === upTo) newest = seq;
      for (const event of page) {
        const entry = encode(options.pass(event));
        seq = event.event.seq;
        keep(entry);
        options.passed(entry);
      }
      wake();
    }
  }

  function wake() {
    const done = waiters.filter((waiter) => closed || waiter.seq <= seq);
    waiters = waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }

  function start() {
    if (reading || closed) return;
    reading = true;
    readOn().then(
      () => {
        reading = false;
        tries = 0;
        if (seq < newest) start();
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
    notice(noticed) {
      if (noticed <= newest) return;
      newest = noticed;
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
      return page.map(encode);
    },
    close() {
      closed = true;
      clearTimeout(retry);
      wake();
    },
  };
}

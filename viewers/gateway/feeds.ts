import type { Logger } from 'pino';
import type { Listener } from '../../db/core/listen.js';
import type { Db } from '../../db/core/pool.js';
import { closeCodes } from '../../domain/log/frames.js';
import { spread } from '../core/spread.js';
import { within } from '../core/within.js';
import type { Sink } from '../sinks/sink.js';
import { createPatience, type Patience } from '../sinks/slowness.js';
import type { WireHub } from '../wire/wire.js';
import { createFeed, type Feed } from './feed.js';
import { createFeedReads } from './feedReads.js';
import { createUpkeep } from './upkeep.js';
import { createViewer, type Viewer } from './viewer.js';

export type JoinOptions = {
  owner: string;
  after: number;
  sink: Sink;
  /** The stream ends by itself, like the answer to a request: a drain does not close it. */
  endsByItself?: boolean;
};
export type Joined = { seq: number };

/** Why a viewer can't join. `restarting` and `unavailable` are temporary. */
export class JoinRefused extends Error {
  override readonly name = 'JoinRefused';
  constructor(readonly code: 'chat_not_found' | 'bad_cursor' | 'restarting' | 'unavailable') {
    super(code);
  }
}

export type FeedStats = {
  viewers: number;
  feeds: number;
  bytesBehind: number;
  tokensRelayed: number;
  gapsFilled: number;
  slowClosed: number;
  connectedWorkers: number;
};

export type Feeds = {
  /** Lets a viewer join a chat at a cursor. Throws `JoinRefused`; any other error means Postgres is away. */
  join(chatId: string, options: JoinOptions): Promise<Joined>;
  stats(): FeedStats;
  /**
   * Closes viewers with 1012, spread over `withinMs`, and takes no new ones; those that end by themselves go on until
   * `close`. `signal` closes what is left at once.
   */
  drain(options: { withinMs: number; signal?: AbortSignal }): Promise<void>;
  close(): void;
};

export type FeedsOptions = {
  pool: Db;
  listen: Listener;
  hub: WireHub;
  log: Pick<Logger, 'info' | 'warn'>;
  now?: () => number;
  /** Is told when tokens were handed to the sinks of a chat's viewers that a worker had read at that time. */
  onDelivered?: (readAt: number) => void;
};

/** Milliseconds between looks at whom to send away. */
const sweepMs = 250;
/** A chat's feed outlives its last viewer, who may be back in a moment. */
const idleMs = 5_000;
/** Milliseconds to wait for Postgres before a viewer is told to come back: a frozen server never answers. */
const joinWithinMs = 5_000;

type Member = { isTooSlow: Patience; endsByItself: boolean };
type Served = { feed: Feed; viewers: Map<Viewer, Member>; idleSince: number };

/** The feeds of all chats that have viewers, and what keeps them true: the wire, notifications, and reading anew. */
export function createFeeds(options: FeedsOptions): Feeds {
  const { pool, listen, hub, log, now = () => performance.now(), onDelivered = () => {} } = options;
  const reads = createFeedReads(pool);
  const served = new Map<string, Served>();
  const counts = { tokensRelayed: 0, gapsFilled: 0, slowClosed: 0 };
  let draining = false;
  let closed = false;
  const feedOf = (chatId: string) => served.get(chatId)?.feed;
  const upkeep = createUpkeep({
    reads,
    log,
    now,
    feeds: () => [...served.values()].map(({ feed }) => feed),
    feedOf,
    gone: (chatId) => end(chatId, closeCodes.chatNotFound, 'the chat is gone'),
    filled: () => {
      counts.gapsFilled += 1;
    },
  });

  function serve(chatId: string): Served {
    const known = served.get(chatId);
    if (known) return known;
    const feed = createFeed({ chatId, reads, log, now, onGap: upkeep.readSoon, onDelivered });
    const serving = { feed, viewers: new Map(), idleSince: now() };
    served.set(chatId, serving);
    feed.ready.catch(() => served.get(chatId) === serving && end(chatId, closeCodes.tooSlow, 'try again later'));
    return serving;
  }

  function end(chatId: string, code: number, reason: string) {
    const serving = served.get(chatId);
    served.delete(chatId);
    serving?.feed.close();
    for (const viewer of [...(serving?.viewers.keys() ?? [])]) viewer.sink.close(code, reason);
  }

  function sweep() {
    const time = now();
    for (const [chatId, { viewers, idleSince }] of served) {
      for (const [viewer, { isTooSlow }] of viewers) {
        const seen = { owed: viewer.backlog(), buffered: viewer.sink.bufferedBytes(), taken: viewer.sentBytes() };
        if (!isTooSlow(seen, time)) continue;
        counts.slowClosed += 1;
        log.info({ chatId, ...seen }, 'a viewer is too slow and is sent away');
        viewer.sink.close(closeCodes.tooSlow, 'too slow; resume with after');
      }
      if (viewers.size === 0 && time - idleSince > idleMs) end(chatId, 1001, 'idle');
    }
  }

  listen.onChange((chatId, seq) => feedOf(chatId)?.notice(seq));
  listen.onStatus((chatId, turnId) => feedOf(chatId)?.statusChanged(turnId));
  listen.onListening(upkeep.refresh);
  const unhear = [
    hub.onToken((token, readAt) => {
      const feed = feedOf(token.chatId);
      if (!feed) return;
      counts.tokensRelayed += 1;
      feed.token(token, readAt);
    }),
    hub.onStep((step) => feedOf(step.chatId)?.step(step)),
    hub.onMeta((meta) => feedOf(meta.chatId)?.meta(meta)),
    hub.onHeartbeat((heartbeat) => feedOf(heartbeat.chatId)?.heartbeat(heartbeat)),
  ];
  const sweeping = setInterval(sweep, sweepMs);

  return {
    async join(chatId, { owner, after, sink, endsByItself = false }) {
      const refuseNow = () => {
        if (closed || (draining && !endsByItself)) throw new JoinRefused('restarting');
      };
      refuseNow();
      const unanswered = () => new JoinRefused('unavailable');
      const [head] = await within(joinWithinMs, reads.heads([chatId]), unanswered);
      if (head?.owner !== owner) throw new JoinRefused('chat_not_found');
      if (after > head.seq) throw new JoinRefused('bad_cursor');
      refuseNow();
      const { feed, viewers } = serve(chatId);
      feed.notice(head.seq);
      const onError = (error: unknown) => log.warn({ chatId, err: error }, 'a viewer could not be served');
      const viewer = createViewer({ feed, sink, after, joinedAtSeq: head.seq, onError });
      viewers.set(viewer, { isTooSlow: createPatience(), endsByItself });
      sink.onClosed(() => {
        viewers.delete(viewer);
        const serving = served.get(chatId);
        if (serving) serving.idleSince = now();
      });
      viewer.start();
      return { seq: head.seq };
    },
    stats() {
      const viewers = [...served.values()].flatMap((serving) => [...serving.viewers.keys()]);
      const bytesBehind = viewers.reduce((sum, viewer) => sum + viewer.backlog(), 0);
      return {
        ...counts,
        viewers: viewers.length,
        feeds: served.size,
        bytesBehind,
        connectedWorkers: hub.connectedWorkers(),
      };
    },
    drain(options) {
      draining = true;
      const leaving = [...served.values()].flatMap(({ viewers }) =>
        [...viewers].flatMap(([viewer, { endsByItself }]) => (endsByItself ? [] : [viewer])),
      );
      return spread(leaving, ({ sink }) => sink.close(closeCodes.restarting, 'the api restarts'), options);
    },
    close() {
      closed = true;
      clearInterval(sweeping);
      upkeep.close();
      for (const stop of unhear) stop();
      for (const chatId of [...served.keys()]) end(chatId, closeCodes.restarting, 'the api restarts');
    },
  };
}

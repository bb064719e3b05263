import type { Logger } from 'pino';
import type { Listener } from '../../db/core/listen.js';
import type { Db } from '../../db/core/pool.js';
import { closeCodes } from '../../domain/log/frames.js';
import { within } from '../../lib/within.js';
import { stagger } from '../core/stagger.js';
import { createSlowViewerCheck, type SlowViewerCheck } from '../sinks/backpressure.js';
import type { Sink } from '../sinks/sink.js';
import type { WireHub } from '../wire/wire.js';
import { createFeed, type Feed } from './feed.js';
import { createFeedReads } from './feedReads.js';
import { createRefreshLoop } from './refreshLoop.js';
import { createViewer, type Viewer } from './viewer.js';

export type JoinOptions = {
  owner: string;
  /** The seq of the newest event that the viewer has, 0 for none. */
  after: number;
  sink: Sink;
  /** The sink closes itself at the end of a turn, as the answer to a request does: a drain does not close it. */
  endsWithTurn?: boolean;
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
  /** Lets a viewer join a chat at a cursor. Throws `JoinRefused`; any other error means that Postgres is away. */
  join(chatId: string, options: JoinOptions): Promise<Joined>;
  stats(): FeedStats;
  /**
   * Closes viewers with 1012, staggered over `withinMs`, and accepts no new ones. Those that end with their turn stay
   * until `close`. `signal` closes what is left at once.
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
  /** Tokens were handed to the sinks of a chat's viewers. `readAt`: when a worker read the oldest of them. */
  onDelivered?: (readAt: number) => void;
};

/** Milliseconds between checks for slow viewers and idle feeds. */
const sweepMs = 250;
/** Milliseconds for which a feed outlives its last viewer, who may reconnect. */
const idleMs = 5_000;
/** Milliseconds to wait for Postgres before a viewer is refused: a frozen server never answers. */
const joinTimeoutMs = 5_000;

type Member = { isTooSlow: SlowViewerCheck; endsWithTurn: boolean };
type Served = { feed: Feed; viewers: Map<Viewer, Member>; idleSince: number };

/** The feeds of all chats that have viewers. Their inputs are the wire, notifications of Postgres and the refresh loop. */
export function createFeeds(options: FeedsOptions): Feeds {
  const { pool, listen, hub, log, now = () => performance.now(), onDelivered = () => {} } = options;
  const reads = createFeedReads(pool);
  const served = new Map<string, Served>();
  const counts = { tokensRelayed: 0, gapsFilled: 0, slowClosed: 0 };
  let draining = false;
  let closed = false;
  const feedOf = (chatId: string) => served.get(chatId)?.feed;
  const refreshLoop = createRefreshLoop({
    reads,
    log,
    now,
    feeds: () => [...served.values()].map(({ feed }) => feed),
    feedOf,
    onDeleted: (chatId) => end(chatId, closeCodes.chatNotFound, 'the chat was deleted'),
    onGapFilled: () => {
      counts.gapsFilled += 1;
    },
  });

  function serve(chatId: string): Served {
    const known = served.get(chatId);
    if (known) return known;
    const feed = createFeed({ chatId, reads, log, now, onGap: refreshLoop.readCheckpointsSoon, onDelivered });
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
        const progress = viewer.progress();
        if (!isTooSlow(progress, time)) continue;
        counts.slowClosed += 1;
        log.info({ chatId, ...progress }, 'closing a viewer that is too slow');
        viewer.sink.close(closeCodes.tooSlow, 'too slow; resume with after');
      }
      if (viewers.size === 0 && time - idleSince > idleMs) end(chatId, 1001, 'idle');
    }
  }

  function addViewer(chatId: string, { after, sink, endsWithTurn = false }: JoinOptions, seq: number) {
    const { feed, viewers } = serve(chatId);
    feed.headMoved(seq);
    const onError = (error: unknown) => log.warn({ chatId, err: error }, 'could not serve a viewer');
    const viewer = createViewer({ feed, sink, after, joinedAtSeq: seq, onError });
    viewers.set(viewer, { isTooSlow: createSlowViewerCheck(), endsWithTurn });
    sink.onClosed(() => {
      viewers.delete(viewer);
      const serving = served.get(chatId);
      if (serving) serving.idleSince = now();
    });
    viewer.start();
  }

  function refuseWhileStopping(endsWithTurn = false) {
    if (closed || (draining && !endsWithTurn)) throw new JoinRefused('restarting');
  }

  listen.onChange((chatId, seq) => feedOf(chatId)?.headMoved(seq));
  listen.onStatus((chatId, turnId) => feedOf(chatId)?.statusChanged(turnId));
  listen.onListening(refreshLoop.refresh);
  const unsubscribe = hub.onItem((item, readAt) => {
    const feed = feedOf(item.chatId);
    if (!feed) return;
    if (item.type === 'token') counts.tokensRelayed += 1;
    feed.receive(item, readAt);
  });
  const sweeping = setInterval(sweep, sweepMs);

  return {
    async join(chatId, options) {
      refuseWhileStopping(options.endsWithTurn);
      const onTimeout = () => new JoinRefused('unavailable');
      const [head] = await within(joinTimeoutMs, reads.heads([chatId]), onTimeout);
      if (head?.owner !== options.owner) throw new JoinRefused('chat_not_found');
      if (options.after > head.seq) throw new JoinRefused('bad_cursor');
      refuseWhileStopping(options.endsWithTurn);
      addViewer(chatId, options, head.seq);
      return { seq: head.seq };
    },
    stats() {
      const viewers = [...served.values()].flatMap((serving) => [...serving.viewers.keys()]);
      return {
        ...counts,
        viewers: viewers.length,
        feeds: served.size,
        bytesBehind: viewers.reduce((sum, viewer) => sum + viewer.progress().backlog, 0),
        connectedWorkers: hub.connectedWorkers(),
      };
    },
    drain(options) {
      draining = true;
      const leaving = [...served.values()].flatMap(({ viewers }) =>
        [...viewers].flatMap(([viewer, { endsWithTurn }]) => (endsWithTurn ? [] : [viewer])),
      );
      return stagger(leaving, ({ sink }) => sink.close(closeCodes.restarting, 'the api restarts'), options);
    },
    close() {
      closed = true;
      clearInterval(sweeping);
      refreshLoop.close();
      unsubscribe();
      for (const chatId of [...served.keys()]) end(chatId, closeCodes.restarting, 'the api restarts');
    },
  };
}

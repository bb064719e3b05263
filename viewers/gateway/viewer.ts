import { encodeFrame, type Sink } from '../sinks/sink.js';
import type { Feed } from './feed.js';
import type { LiveViewer } from './liveGroup.js';
import { forgetEnded, nextDraftFrame, nextFrameBefore, type Told, untold } from './told.js';

/** One viewer of a chat. It catches up at its own pace, then is live with the others, until it falls behind again. */
export type Viewer = {
  readonly sink: Sink;
  /** What it has not taken yet, in bytes and code units: buffered, and of drafts not even that. */
  owed(): number;
  /** Grows whenever the viewer takes something. */
  taken(): number;
  /** Starts telling: `hello`, then what is missing. */
  start(): void;
};

export type ViewerOptions = {
  feed: Feed;
  sink: Sink;
  /** The last seq that it has. */
  after: number;
  /** The newest seq when it came. */
  cameAt: number;
  onError: (error: unknown) => void;
};

export function createViewer({ feed, sink, after, cameAt, onError }: ViewerOptions): Viewer {
  let cursor = after;
  let told: Told | null = new Map();
  let joining = true;
  let statusSeen = 0;
  let sent = 0;

  const counting: Sink = {
    ...sink,
    get closed() {
      return sink.closed;
    },
    send(frame) {
      sent += frame.bytes.length;
      sink.send(frame);
    },
  };

  async function catchUp(mine: Told): Promise<void> {
    await feed.ready;
    // What the viewer has, the others may not have been told yet.
    await feed.reached(cursor);
    // Going live with much unsent would be to fall behind at once; two such viewers would push each other out for ever.
    await sink.drained();
    while (!sink.closed) {
      if (cursor < feed.seq) await tellEvents(mine);
      else if (!tellNext(mine)) return goLive(mine);
      await sink.drained();
    }
  }

  async function tellEvents(mine: Told): Promise<void> {
    const page = await feed.events(cursor);
    if (page.length === 0) throw new Error(`the log ends at ${cursor}, before ${feed.seq}`);
    for (const entry of page) {
      if (sink.closed) return;
      for (let frame = nextFrameBefore(mine, entry, cameAt); frame; frame = nextFrameBefore(mine, entry, cameAt)) {
        counting.send(encodeFrame(frame));
        await sink.drained();
      }
      counting.send(entry.frame);
      cursor = entry.event.seq;
      forgetEnded(mine, entry);
      await sink.drained();
    }
  }

  /** Whether something was owed besides events. */
  function tellNext(mine: Told): boolean {
    for (const draft of feed.drafts()) {
      const frame = nextDraftFrame(mine, draft, joining);
      if (!frame) continue;
      counting.send(encodeFrame(frame));
      return true;
    }
    const statuses = feed.statusesSince(statusSeen);
    statusSeen = feed.statusVersion;
    for (const frame of statuses) counting.send(frame);
    return statuses.length > 0;
  }

  function goLive(mine: Told) {
    joining = false;
    told = null;
    feed.goLive(live, mine);
  }

  const live: LiveViewer = {
    sink: counting,
    fallBehind(mine) {
      told = mine;
      cursor = feed.seq;
      statusSeen = feed.statusVersion;
      run(mine);
    },
  };

  function run(mine: Told) {
    catchUp(mine).catch((error) => {
      onError(error);
      sink.close(1013, 'try again later');
    });
  }

  return {
    sink,
    owed() {
      let owed = sink.bufferedBytes();
      if (told) for (const draft of feed.drafts()) owed += untold(told, draft);
      return owed;
    },
    taken: () => sent - sink.bufferedBytes(),
    start() {
      sink.onClosed(() => feed.leave(live));
      counting.send(encodeFrame({ type: 'hello', chatId: feed.chatId, seq: cameAt }));
      run(told ?? new Map());
    },
  };
}

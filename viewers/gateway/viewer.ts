import { closeCodes } from '../../domain/log/frames.js';
import type { SinkProgress } from '../sinks/backpressure.js';
import { encodeFrame, type Sink } from '../sinks/sink.js';
import { forgetEnded, undelivered } from './deliveredDrafts.js';
import { nextDraftFrame } from './draftFrames.js';
import type { Feed } from './feed.js';
import { nextFrameBefore } from './landingFrames.js';
import type { LiveViewer } from './liveGroup.js';
import {
  type DeliveryCursor,
  joined,
  transition,
  type ViewerEffect,
  type ViewerInput,
  type ViewerState,
} from './viewerState.js';

/** One viewer of a chat. */
export type Viewer = {
  readonly sink: Sink;
  /**
   * How far it is. `backlog`: what is not handed to the network yet, which is buffered bytes, and code units of drafts
   * that it does not share live.
   */
  progress(): SinkProgress;
  /** Sends `hello`, then what the viewer misses. */
  start(): void;
};

export type ViewerOptions = {
  feed: Feed;
  sink: Sink;
  /** The seq of the newest event that it has. */
  after: number;
  /** The newest seq when it joined. */
  joinedAtSeq: number;
  onError: (error: unknown) => void;
};

/** Runs the effects of `viewerState.ts`: the loop that catches up, and joining and leaving the live group. */
export function createViewer({ feed, sink, after, joinedAtSeq, onError }: ViewerOptions): Viewer {
  const initial = joined(after);
  let { state } = initial;
  const counted = countBytes(sink);
  const live: LiveViewer = {
    sink: counted.sink,
    fallBehind: (drafts) =>
      dispatch({ type: 'fellBehind', cursor: { seq: feed.seq, drafts, statusVersion: feed.statusVersion } }),
  };

  function dispatch(input: ViewerInput) {
    const next = transition(state, input);
    state = next.state;
    if (next.effect) run(next.effect);
  }

  function run(effect: ViewerEffect) {
    switch (effect.type) {
      case 'catchUp':
        catchUp(effect.cursor).catch(fail);
        break;
      case 'joinLiveGroup':
        feed.goLive(live, effect.drafts);
        break;
      case 'leaveLiveGroup':
        feed.leave(live);
        break;
    }
  }

  function fail(error: unknown) {
    onError(error);
    sink.close(closeCodes.tooSlow, 'try again later');
  }

  async function catchUp(cursor: DeliveryCursor): Promise<void> {
    await feed.ready;
    // The viewer may have events that live viewers do not have yet.
    await feed.reached(cursor.seq);
    // A viewer that goes live with much unsent falls behind at once; two such viewers would alternate for ever.
    await sink.drained();
    while (!sink.closed) {
      if (cursor.seq < feed.seq) await sendEvents(cursor);
      else if (!sendNext(cursor)) {
        sink.caughtUp?.();
        return dispatch({ type: 'caughtUp' });
      }
      await sink.drained();
    }
  }

  async function sendEvents(cursor: DeliveryCursor): Promise<void> {
    const page = await feed.events(cursor.seq);
    if (page.length === 0) throw new Error(`the log ends at ${cursor.seq}, before ${feed.seq}`);
    for (const entry of page) {
      if (sink.closed) return;
      const nextBefore = () => nextFrameBefore(cursor.drafts, entry, joinedAtSeq);
      for (let frame = nextBefore(); frame; frame = nextBefore()) {
        counted.sink.send(encodeFrame(frame));
        await sink.drained();
      }
      counted.sink.send(entry.frame);
      cursor.seq = entry.event.seq;
      forgetEnded(cursor.drafts, entry.event);
      await sink.drained();
    }
  }

  /** Sends one frame of a draft, or the new statuses. False when there is neither. */
  function sendNext(cursor: DeliveryCursor): boolean {
    for (const draft of feed.drafts()) {
      const frame = nextDraftFrame(cursor.drafts, draft, state.phase === 'catchingUp');
      if (!frame) continue;
      counted.sink.send(encodeFrame(frame));
      return true;
    }
    const statuses = feed.statusesSince(cursor.statusVersion);
    cursor.statusVersion = feed.statusVersion;
    for (const frame of statuses) counted.sink.send(frame);
    return statuses.length > 0;
  }

  /** The code units of drafts that it will get, and live viewers have. */
  function undeliveredTo(at: ViewerState): number {
    switch (at.phase) {
      case 'catchingUp':
      case 'behind':
        return undeliveredOf(feed, at.cursor);
      case 'live':
      case 'closed':
        return 0;
    }
  }

  return {
    sink,
    progress() {
      const buffered = sink.bufferedBytes();
      return { backlog: buffered + undeliveredTo(state), buffered, sent: counted.bytes() - buffered };
    },
    start() {
      sink.onClosed(() => dispatch({ type: 'closed' }));
      counted.sink.send(encodeFrame({ type: 'hello', chatId: feed.chatId, seq: joinedAtSeq }));
      if (initial.effect) run(initial.effect);
    },
  };
}

function undeliveredOf(feed: Feed, { drafts }: DeliveryCursor): number {
  let length = 0;
  for (const draft of feed.drafts()) length += undelivered(drafts, draft);
  return length;
}

/** The sink, with a count of the bytes that it was given. */
function countBytes(sink: Sink): { sink: Sink; bytes(): number } {
  let bytes = 0;
  return {
    bytes: () => bytes,
    sink: {
      ...sink,
      get closed() {
        return sink.closed;
      },
      send(frame) {
        bytes += frame.bytes.length;
        sink.send(frame);
      },
    },
  };
}

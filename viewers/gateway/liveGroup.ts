import { type EncodedFrame, encodeFrame, type Sink } from '../sinks/sink.js';
import { copyDelivered, type DeliveredDrafts, forgetEnded, undelivered } from './deliveredDrafts.js';
import type { DraftBuffer } from './draftBuffer.js';
import { nextDraftFrame } from './draftFrames.js';
import { type FeedEvent, nextFrameBefore } from './landingFrames.js';

/** A viewer that has received all frames so far, and gets each new one together with the others. */
export type LiveViewer = {
  sink: Sink;
  /** Too much is unsent: the viewer is no member any more, and catches up from here. `drafts` is its own copy. */
  fallBehind(drafts: DeliveredDrafts): void;
};

/** With more than this unsent, a viewer leaves the group and catches up at its own pace. */
const maxLiveBytes = 256 * 1024;

/** The live viewers of one chat. They share one cursor, so that each frame is encoded once for all of them. */
export type LiveGroup = {
  readonly size: number;
  /** `delivered`: what the viewer has received, which is all that there is. */
  add(viewer: LiveViewer, delivered: DeliveredDrafts, drafts: Iterable<DraftBuffer>): void;
  remove(viewer: LiveViewer): void;
  send(frame: EncodedFrame): void;
  /** Sends what the drafts have behind the cursor. */
  sendDrafts(drafts: Iterable<DraftBuffer>): void;
  /** Sends the frames that belong before the event. Call it before the feed's seq moves to the event. */
  sendBefore(event: FeedEvent): void;
  /** Sends the event. Call it after the feed's seq has moved to the event. */
  sendEvent(event: FeedEvent & { frame: EncodedFrame }): void;
};

export function createLiveGroup(): LiveGroup {
  const viewers = new Set<LiveViewer>();
  let delivered: DeliveredDrafts = new Map();

  function send(frame: EncodedFrame) {
    for (const viewer of viewers) viewer.sink.send(frame);
  }

  function drop(viewer: LiveViewer) {
    viewers.delete(viewer);
    viewer.fallBehind(copyDelivered(delivered));
  }

  function dropSlow() {
    for (const viewer of viewers) if (viewer.sink.bufferedBytes() > maxLiveBytes) drop(viewer);
  }

  /** So that much text at once does not wait in the buffer of every viewer: each takes it at its own pace. */
  function dropAll() {
    for (const viewer of viewers) drop(viewer);
  }

  function sendDrafts(drafts: Iterable<DraftBuffer>) {
    if (viewers.size === 0) return;
    let hasSent = false;
    for (const draft of drafts) {
      if (undelivered(delivered, draft) > maxLiveBytes) return dropAll();
      for (let frame = next(draft); frame; frame = next(draft)) {
        send(encodeFrame(frame));
        hasSent = true;
      }
    }
    // Each viewer that joins comes here: without anything sent, it must not cost a look at all the others.
    if (hasSent) dropSlow();
  }
  const next = (draft: DraftBuffer) => nextDraftFrame(delivered, draft, false);

  return {
    get size() {
      return viewers.size;
    },
    add(viewer, itsDelivered, drafts) {
      sendDrafts(drafts);
      if (viewers.size === 0) delivered = itsDelivered;
      viewers.add(viewer);
    },
    remove: (viewer) => void viewers.delete(viewer),
    send,
    sendDrafts,
    sendBefore(event) {
      let length = 0;
      while (viewers.size > 0) {
        if (length > maxLiveBytes) return dropAll();
        // Live viewers joined before the event: no seq counts as the one at which they joined.
        const frame = nextFrameBefore(delivered, event, -1);
        if (!frame) return;
        const encoded = encodeFrame(frame);
        length += encoded.bytes.length;
        send(encoded);
      }
    },
    sendEvent(event) {
      if (viewers.size === 0) return;
      send(event.frame);
      forgetEnded(delivered, event.event);
      dropSlow();
    },
  };
}

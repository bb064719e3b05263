import { type EncodedFrame, encodeFrame, type Sink } from '../sinks/sink.js';
import type { DraftBuffer } from './draftBuffer.js';
import { copyTold, type FeedEvent, forgetEnded, nextDraftFrame, nextFrameBefore, type Told, untold } from './told.js';

/** A viewer who has been told all there is, and is now told what is new together with the others. */
export type LiveViewer = {
  sink: Sink;
  /** Can't keep up with the others: goes on by itself, from here. */
  fallBehind(told: Told): void;
};

/** More than this unsent, and a viewer goes on at a pace of its own. */
const maxLiveBytes = 256 * 1024;

/** The live viewers of one chat. They have all been told the same, so each frame is made once for all of them. */
export type LiveGroup = {
  readonly size: number;
  /** `told` is what the viewer has been told, which is all that there is. */
  add(viewer: LiveViewer, told: Told, drafts: Iterable<DraftBuffer>): void;
  remove(viewer: LiveViewer): void;
  send(frame: EncodedFrame): void;
  tellDrafts(drafts: Iterable<DraftBuffer>): void;
  /** Tells what is owed before the event. Call before the feed's seq moves on. */
  tellBefore(event: FeedEvent): void;
  /** Tells the event itself. Call after the feed's seq has moved on. */
  tellEvent(event: FeedEvent & { frame: EncodedFrame }): void;
};

export function createLiveGroup(): LiveGroup {
  const viewers = new Set<LiveViewer>();
  let told: Told = new Map();

  function send(frame: EncodedFrame) {
    for (const viewer of viewers) viewer.sink.send(frame);
  }

  function drop(viewer: LiveViewer) {
    viewers.delete(viewer);
    viewer.fallBehind(copyTold(told));
  }

  function dropSlow() {
    for (const viewer of viewers) if (viewer.sink.bufferedBytes() > maxLiveBytes) drop(viewer);
  }

  /** Much at once would wait in every viewer's buffer: they each take it as fast as they can. */
  function dropAll() {
    for (const viewer of viewers) drop(viewer);
  }

  function tellDrafts(drafts: Iterable<DraftBuffer>) {
    if (viewers.size === 0) return;
    for (const draft of drafts) {
      if (untold(told, draft) > maxLiveBytes) return dropAll();
      for (let frame = next(draft); frame; frame = next(draft)) send(encodeFrame(frame));
    }
    dropSlow();
  }
  const next = (draft: DraftBuffer) => nextDraftFrame(told, draft, false);

  return {
    get size() {
      return viewers.size;
    },
    add(viewer, itsTold, drafts) {
      tellDrafts(drafts);
      if (viewers.size === 0) told = itsTold;
      viewers.add(viewer);
    },
    remove: (viewer) => void viewers.delete(viewer),
    send,
    tellDrafts,
    tellBefore(event) {
      let length = 0;
      while (viewers.size > 0) {
        if (length > maxLiveBytes) return dropAll();
        const frame = nextFrameBefore(told, event, -1);
        if (!frame) return;
        const encoded = encodeFrame(frame);
        length += encoded.bytes.length;
        send(encoded);
      }
    },
    tellEvent(event) {
      if (viewers.size === 0) return;
      send(event.frame);
      forgetEnded(told, event);
      dropSlow();
    },
  };
}

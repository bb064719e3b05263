import { createWallClock } from '../core/wallClock.js';
import { encodeItems, type WireItem } from './wireMessage.js';

/** A message holds at most about this many characters of text, so that a burst can't make one too large to take. */
const maxBatchLength = 1024 * 1024;

export type Outbox = {
  push(item: WireItem): void;
  /** Sends what is waiting now instead of at the end of the tick. */
  flush(): void;
};

/** Gathers what is published in one tick of the event loop into one message. */
export function createOutbox(send: (message: string) => void): Outbox {
  let items: WireItem[] = [];
  const now = createWallClock();
  let length = 0;
  let readAt = 0;
  let scheduled = false;

  function flush() {
    scheduled = false;
    if (items.length === 0) return;
    const batch = items;
    items = [];
    length = 0;
    send(encodeItems(batch, readAt));
  }

  return {
    push(item) {
      if (items.length === 0) readAt = now();
      items.push(item);
      length += item.type === 'token' ? item.text.length : 0;
      if (length > maxBatchLength) return flush();
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
    flush,
  };
}

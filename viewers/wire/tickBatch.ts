import { createWallClock } from '../core/wallClock.js';
import type { WireItem } from './wire.js';
import { encodeItems } from './wireMessage.js';

/** About so many characters of text in one message, so that a burst of tokens does not exceed what a gateway accepts. */
const maxBatchLength = 1024 * 1024;

export type TickBatch = {
  push(item: WireItem): void;
  /** Sends what is pending now, instead of at the end of the tick. */
  flush(): void;
};

/** Batches the items of one tick of the event loop into one message. */
export function createTickBatch(send: (message: string) => void): TickBatch {
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

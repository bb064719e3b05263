import { createWallClock } from '../core/wallClock.js';
import type { Wire, WireItem } from './wire.js';
import { encodeItems } from './wireMessage.js';

/** About so many characters of text in one message, so that a burst of tokens does not exceed what a gateway accepts. */
const maxBatchLength = 1024 * 1024;

/** With more items than this in one window, the items of several ticks are joined, until there are half as many. */
const busyItems = 100;
const windowMs = 100;
/** The longest time that an item then waits, in milliseconds. */
const joinedMs = 2;

export type TickBatch = {
  push(item: WireItem): void;
  /** Sends what is pending now, instead of at the end of the tick. */
  flush(): void;
};

/**
 * Batches the items of one tick of the event loop into one message. With more than a thousand items a second it joins those
 * of two milliseconds: each message costs a system call here and one at the gateway.
 */
export function createTickBatch(send: (message: string) => void): TickBatch {
  let items: WireItem[] = [];
  const now = createWallClock();
  let length = 0;
  let readAt = 0;
  let scheduled = false;
  let windowBegan = 0;
  let counted = 0;
  let isBusy = false;

  /** A window ends with the first message after its time, so that one that held a pause is long, and not busy. */
  function count(sent: number) {
    counted += sent;
    const tookMs = performance.now() - windowBegan;
    if (tookMs < windowMs) return;
    const perWindow = (counted / tookMs) * windowMs;
    isBusy = perWindow > (isBusy ? busyItems / 2 : busyItems);
    windowBegan = performance.now();
    counted = 0;
  }

  function flush() {
    scheduled = false;
    if (items.length === 0) return;
    const batch = items;
    items = [];
    length = 0;
    send(encodeItems(batch, readAt));
    count(batch.length);
  }

  return {
    push(item) {
      if (items.length === 0) readAt = now();
      items.push(item);
      length += item.type === 'token' ? item.text.length : 0;
      if (length > maxBatchLength) return flush();
      if (scheduled) return;
      scheduled = true;
      if (isBusy) setTimeout(flush, joinedMs);
      else setImmediate(flush);
    },
    flush,
  };
}

/** What a worker sends over any transport: each item goes into the batch. */
export const sendBy = ({ push }: TickBatch): Pick<Wire, 'publish' | 'step' | 'meta' | 'heartbeat'> => ({
  publish: (token) => push({ type: 'token', ...token }),
  step: (step) => push({ type: 'step', ...step }),
  meta: (meta) => push({ type: 'meta', ...meta }),
  heartbeat: (heartbeat) => push({ type: 'heartbeat', ...heartbeat }),
});

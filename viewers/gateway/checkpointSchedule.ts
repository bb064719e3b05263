import type { DraftState } from './draftState.js';

/** Milliseconds between reads of a draft that misses text. */
const gapRetryMs = 100;
/** A draft is read from its checkpoints when the wire has brought nothing of it for so many milliseconds. */
const silentAfterMs = 400;
/** Milliseconds between reads of such a draft: a tenth of the time without anything new, within these bounds. */
const silentRetryMs = { least: 300, most: 3_000 };

/** When a draft was last written by the wire, by anything, and read from its checkpoints; in milliseconds. */
export type DraftTimes = { lastWireAt: number; lastChangeAt: number; lastReadAt: number };

/** Whether a draft is to be read from its checkpoints now. */
export function isReadDue(status: DraftState['status'], times: DraftTimes, now: number): boolean {
  const sinceRead = now - times.lastReadAt;
  switch (status) {
    case 'gap':
      return sinceRead >= gapRetryMs;
    case 'current':
    case 'superseded': {
      const tenth = (now - times.lastChangeAt) / 10;
      const retryMs = Math.min(silentRetryMs.most, Math.max(silentRetryMs.least, tenth));
      return now - times.lastWireAt >= silentAfterMs && sinceRead >= retryMs;
    }
    case 'landed':
      return false;
  }
}

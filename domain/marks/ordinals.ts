import { END, type MarkCursor, textAt } from './cursor.js';
import type { Mark, MarkItem } from './mark.js';

/**
 * Gives the items of a turn their ordinals. With the cursor of a viewer who comes back, an item that was seen before has
 * the ordinal that it had then: the viewer may have seen drafts that the log does not have.
 */
export type Ordinals = {
  /** The ordinal of an item that opens, and the marks that close what the viewer had of a lost draft of it. */
  next(place: Pick<MarkItem, 'slot' | 'epoch'>): { ordinal: number; before: Mark[] };
};

export function createOrdinals(cursor: MarkCursor | null): Ordinals {
  let count = 0;
  /** The item within which the cursor lies, until it is found. */
  let seen = cursor && cursor.place > 0 && cursor.place < END ? cursor : null;

  return {
    next({ slot, epoch }) {
      if (!seen || slot < seen.slot) return { ordinal: count++, before: [] };
      const [had, ordinal] = [seen, seen.place - 1];
      seen = null;
      if (slot === had.slot && epoch <= had.epoch) {
        count = ordinal + 1;
        return { ordinal, before: [] };
      }
      count = ordinal + 2;
      return { ordinal: ordinal + 1, before: lost(had) };
    },
  };
}

/** Closes the viewer's part of a lost draft. A call or a result opens and closes at once. */
function lost({ place, slot, kind, epoch, at }: MarkCursor): Mark[] {
  const closes = kind === 'text' || kind === 'thinking';
  const item: MarkItem = {
    key: `${slot}_${epoch}`,
    ordinal: place - 1,
    slot,
    epoch,
    beat: 0,
    speakerId: '',
    kind: closes ? kind : 'text',
  };
  const close: Mark = { type: 'itemClosed', item, text: '', length: textAt(at).length };
  return [...(closes ? [close] : []), { type: 'voided', items: [item] }];
}

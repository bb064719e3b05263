import { END, type MarkCursor, textAt } from './cursor.js';
import type { ItemPlace, Mark, MarkItem } from './mark.js';

type Opening = Pick<MarkItem, 'base' | 'slot' | 'epoch'>;

/**
 * Gives the items of a turn their ordinals. With the cursor of a viewer who comes back, an item that was seen before has
 * the ordinal that it had then: the viewer may have seen drafts that the log does not have.
 */
export type Ordinals = {
  /**
   * The ordinal and epoch of an item that opens, and the marks that close what the viewer had of a lost draft of it. An item
   * that takes the place of a later one in the same draft counts as of the next epoch, so that cursors increase.
   */
  next(place: Opening): { ordinal: number; epoch: number; before: Mark[] };
  /** What closes the item within which the viewer was, when the turn ends without it. */
  rest(): Mark[];
};

export function createOrdinals(cursor: MarkCursor | null): Ordinals {
  let count = 0;
  let last: Opening | null = null;
  /** The item within which the cursor lies, until it is found. */
  let seen = cursor && cursor.place > 0 && cursor.place < END ? cursor : null;

  /** The epoch with which an item comes after those that opened before it. */
  function placed({ base, slot, epoch }: Opening): number {
    const precedes =
      last?.base === base && (epoch < last.epoch || (epoch === last.epoch && slot <= last.slot)) ? last : null;
    const later = precedes ? precedes.epoch + 1 : epoch;
    last = { base, slot, epoch: later };
    return later;
  }

  return {
    next({ base, slot, epoch }) {
      const isNewer = seen?.base === base && epoch > seen.epoch;
      if (!seen || (slot < seen.slot && !isNewer))
        return { ordinal: count++, epoch: placed({ base, slot, epoch }), before: [] };
      const [had, ordinal] = [seen, seen.place - 1];
      seen = null;
      if (slot === had.slot && epoch <= had.epoch) {
        count = ordinal + 1;
        return { ordinal, epoch: placed({ base, slot, epoch: had.epoch }), before: [] };
      }
      count = ordinal + 2;
      return { ordinal: ordinal + 1, epoch: placed({ base, slot, epoch }), before: lost(had) };
    },
    rest() {
      const had = seen;
      seen = null;
      return had ? lost(had) : [];
    },
  };
}

/** Closes the viewer's part of a lost draft. Of a call or a result only its place is known. */
function lost({ place, base, slot, kind, epoch, at }: MarkCursor): Mark[] {
  const where = { key: `${slot}_${epoch}`, ordinal: place - 1, base, slot, epoch, beat: 0, speakerId: '' };
  const item = itemOf(kind, where);
  return [
    { type: 'itemClosed', item, text: '', length: textAt(at).length },
    { type: 'voided', items: [item] },
  ];
}

function itemOf(kind: MarkItem['kind'], where: ItemPlace): MarkItem {
  switch (kind) {
    case 'text':
    case 'thinking':
      return { ...where, kind };
    case 'call':
      return { ...where, kind, callId: '', name: '', arguments: '', isClients: false };
    case 'result':
      return { ...where, kind, callId: '', name: '', content: '', success: false };
  }
}

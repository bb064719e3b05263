import { END, type MarkCursor, textAt } from './cursor.js';
import { type ItemPlace, isKept, itemKey, type Mark, type MarkItem } from './mark.js';

type Place = Pick<MarkItem, 'base' | 'slot' | 'epoch'>;
type Opening = Place & Pick<MarkItem, 'kind'>;

/**
 * Gives the items of a turn their ordinals. With the cursor of a viewer who comes back, an item that was seen before has
 * the ordinal that it had then: the viewer may have seen drafts that the log does not have.
 */
export type Ordinals = {
  /**
   * The ordinal and epoch of an item that opens, and the marks that close what the viewer had of a lost draft of it. An item
   * that takes the place of a later one in the same draft gets a number between it and the next draft, so that cursors
   * increase.
   */
  next(place: Opening): { ordinal: number; epoch: number; before: Mark[] };
  /** An item goes on in a later draft, which has repeated all of it. */
  continued(place: Place): void;
  /** What closes the item within which the viewer was, when the turn ends without it. */
  rest(): Mark[];
};

export function createOrdinals(cursor: MarkCursor | null): Ordinals {
  let count = 0;
  /** Ordinals of items that no viewer sees. */
  let unseen = 0;
  /** The last item of each base: its slot, and the latest draft that it is of. */
  const lastOf = new Map<number, Place>();
  /** The item within which the cursor lies, until it is found. */
  let seen = cursor && cursor.place > 0 && cursor.place < END ? cursor : null;

  /** The epoch with which an item comes after those that opened before it. */
  function placed({ base, slot, epoch }: Place): number {
    const last = lastOf.get(base);
    let later = Math.max(epoch, last?.epoch ?? 0);
    if (later === last?.epoch && slot <= last.slot) later += 1;
    lastOf.set(base, { base, slot, epoch: later });
    return later;
  }

  return {
    next({ base, slot, epoch, kind }) {
      // What comes before a call is not replaced either.
      const isNewer = seen?.base === base && epoch > seen.epoch && !isKept(seen.kind);
      if (!seen) return { ordinal: count++, epoch: placed({ base, slot, epoch }), before: [] };
      const [had, ordinal] = [seen, seen.place - 1];
      if (slot < had.slot && !isNewer) {
        // What comes before the cursor and was not seen is not shown any more.
        return { ordinal: count < ordinal ? count++ : --unseen, epoch: placed({ base, slot, epoch }), before: [] };
      }
      seen = null;
      lastOf.set(had.base, had);
      if (slot === had.slot && (isKept(had.kind) ? had.kind === kind : epoch <= had.epoch)) {
        count = ordinal + 1;
        return { ordinal, epoch: had.epoch, before: [] };
      }
      count = ordinal + 2;
      return { ordinal: ordinal + 1, epoch: placed({ base, slot, epoch }), before: lost(had) };
    },
    continued({ base, slot, epoch }) {
      const last = lastOf.get(base);
      if (!last || epoch > last.epoch || (epoch === last.epoch && slot > last.slot))
        lastOf.set(base, { base, slot, epoch });
    },
    rest() {
      const had = seen;
      seen = null;
      return had ? lost(had) : [];
    },
  };
}

/**
 * Closes the viewer's part of a lost draft, of which only the cursor is known. It opens first: the viewer may have left
 * within that.
 */
function lost({ place, base, slot, kind, epoch, at }: MarkCursor): Mark[] {
  const where = {
    key: itemKey({ kind, slot, epoch }),
    ordinal: place - 1,
    base,
    slot,
    epoch,
    beat: 0,
    speakerId: '',
  };
  const item = itemOf(kind, where);
  return [
    { type: 'itemOpened', item },
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

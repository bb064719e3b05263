import type { Channel } from '../log/frames.js';
import { LAST_EPOCH } from './cursor.js';
import { draftOf, type ItemPlace, isKept, itemKey, type Mark, type MarkItem } from './mark.js';
import type { Ordinals } from './ordinals.js';

/** What a slot has shown. */
type Shown = {
  item: MarkItem;
  text: string;
  open: boolean;
  /**
   * After a restart: how much of the shown text the new draft has repeated. A draft that repeats all of it continues the
   * item. Null while the item belongs to the newest draft.
   */
  repeated: number | null;
};

export type ItemKind = Omit<MarkItem, keyof ItemPlace>;

export type SlotsOptions = {
  ordinals: Ordinals;
  /** Of an item that opens now. */
  place(slot: number): Pick<MarkItem, 'epoch' | 'beat' | 'speakerId'>;
  /** The first slot of the beat. */
  first: number;
  /** Whether an item goes on where the next draft repeats it: see `TurnMarksOptions`. */
  continues: boolean;
};

/** The slots of a beat, and the marks of what changes in them. */
export function createSlots({ ordinals, place, first, continues }: SlotsOptions) {
  const slots = new Map<number, Shown>();
  /** How often an item was opened with the same key. */
  const openings = new Map<string, number>();

  const sorted = () => [...slots.entries()].sort(([a], [b]) => a - b);

  function close(shown: Shown): Mark[] {
    if (!shown.open) return [];
    shown.open = false;
    return [{ type: 'itemClosed', item: shown.item, text: shown.text, length: shown.text.length }];
  }

  const closeBefore = (slot: number): Mark[] => sorted().flatMap(([at, shown]) => (at < slot ? close(shown) : []));

  /** Takes back a slot and what follows it. */
  function voidFrom(slot: number): Mark[] {
    const gone = sorted().filter(([at]) => at >= slot);
    const closed = gone.flatMap(([, shown]) => close(shown));
    for (const [at] of gone) slots.delete(at);
    return gone.length > 0 ? [...closed, { type: 'voided', items: gone.map(([, { item }]) => item) }] : [];
  }

  function keyOf(item: Pick<MarkItem, 'kind' | 'slot' | 'epoch'>): string {
    const key = itemKey(item);
    const before = openings.get(key) ?? 0;
    openings.set(key, before + 1);
    return before === 0 ? key : `${key}_${before + 1}`;
  }

  /** Behind the results that the slot follows: a lost draft of an agent keeps these. */
  function baseOf(slot: number): number {
    const results = [...slots.entries()].filter(([at, { item }]) => at < slot && item.kind === 'result');
    return Math.max(first, ...results.map(([at]) => at + 1));
  }

  /**
   * Where drafts have items of their own: takes back what a lost draft has up to the slot that the new one has reached. What
   * has landed in an earlier draft is of that one also in the new one.
   */
  function voidLost(slot: number): Mark[] {
    if (continues) return [];
    const isLost = ([at, { item, repeated }]: [number, Shown]) =>
      at <= slot && repeated !== null && !isKept(item.kind) && draftOf(item) !== draftOf(place(at));
    const lost = sorted().find(isLost);
    return lost ? voidFrom(lost[0]) : [];
  }

  /** Marks go forward only: what a lost draft has behind the slot is not part of the new one. */
  function open(slot: number, kind: ItemKind): { shown: Shown; marks: Mark[] } {
    const gone = voidFrom(slot);
    const base = baseOf(slot);
    const { epoch: current, beat, speakerId } = place(slot);
    const opening = { base, slot, kind: kind.kind, epoch: isKept(kind.kind) ? LAST_EPOCH : current };
    const { ordinal, epoch, before } = ordinals.next(opening);
    const key = keyOf({ ...opening, epoch });
    const item = { ...kind, key, ordinal, base, slot, epoch, beat, speakerId } as MarkItem;
    const shown: Shown = { item, text: '', open: true, repeated: null };
    slots.set(slot, shown);
    return { shown, marks: [...gone, ...closeBefore(slot), ...before, { type: 'itemOpened', item }] };
  }

  function append(shown: Shown, text: string): Mark[] {
    if (text === '') return [];
    const from = shown.text.length;
    shown.text += text;
    return [{ type: 'text', item: shown.item, from, to: shown.text.length, text }];
  }

  /** Begins a text, in place of what the slot had. */
  function begin(slot: number, kind: Channel, text: string): Mark[] {
    const { shown, marks } = open(slot, { kind });
    return [...marks, ...append(shown, text)];
  }

  /** The text of a slot grows. Repeated text is not shown again; text that differs replaces the item. */
  function grow(slot: number, kind: Channel, text: string): Mark[] {
    return text === '' ? [] : [...voidLost(slot), ...growItem(slot, kind, text)];
  }

  function growItem(slot: number, kind: Channel, text: string): Mark[] {
    const known = slots.get(slot);
    if (known?.item.kind !== kind) return begin(slot, kind, text);
    if (known.repeated === null) return known.open ? append(known, text) : begin(slot, kind, known.text + text);
    const expected = known.text.slice(known.repeated, known.repeated + text.length);
    if (!text.startsWith(expected)) return begin(slot, kind, known.text.slice(0, known.repeated) + text);
    known.repeated += expected.length;
    if (known.repeated < known.text.length) return [];
    known.repeated = null;
    if (continues) {
      known.item = { ...known.item, epoch: Math.max(known.item.epoch, place(slot).epoch) };
      ordinals.continued(known.item);
    }
    return grow(slot, kind, text.slice(expected.length));
  }

  /** A call or a result: it is whole at once. */
  function put(slot: number, kind: ItemKind): Mark[] {
    const gone = voidLost(slot);
    const known = slots.get(slot);
    if (known && isSame(known.item, kind)) {
      known.repeated = null;
      return gone;
    }
    const { shown, marks } = open(slot, kind);
    return [...gone, ...marks, ...close(shown)];
  }

  /** The final text of a slot. */
  function settle(slot: number, kind: Channel, text: string): Mark[] {
    return [...voidLost(slot), ...settleItem(slot, kind, text)];
  }

  function settleItem(slot: number, kind: Channel, text: string): Mark[] {
    const known = slots.get(slot);
    if (text === '') return known ? voidFrom(slot) : [];
    const isSettled = known?.open ? text.startsWith(known.text) : text === known?.text;
    if (!known || !isSettled || known.item.kind !== kind) return begin(slot, kind, text);
    known.repeated = null;
    return append(known, text.slice(known.text.length));
  }

  /** Of the slots from `from` up to `to` the new draft has what it has repeated: what the lost one had beyond is taken back. */
  function settleBetween(from: number, to: number): Mark[] {
    const between = sorted().filter(([at]) => at >= from && at < to);
    return [...voidFrom(from), ...between.flatMap(([at, shown]) => showAgain(at, shown))];
  }

  function showAgain(at: number, { item, text, repeated }: Shown): Mark[] {
    switch (item.kind) {
      case 'text':
      case 'thinking': {
        const kept = repeated === null ? text : text.slice(0, repeated);
        return kept === '' ? [] : begin(at, item.kind, kept);
      }
      case 'call':
      case 'result':
        return repeated === null ? put(at, item) : [];
    }
  }

  return {
    grow,
    put,
    settle,
    voidFrom,
    closeAll: () => closeBefore(Number.POSITIVE_INFINITY),
    /** Another draft begins. */
    restart() {
      for (const shown of slots.values()) shown.repeated = 0;
    },
    /**
     * The new draft has reached this slot. A slot before it of which nothing is repeated yet may be one whose text follows
     * later.
     */
    settleBefore(slot: number): Mark[] {
      const isPart = ({ repeated, text }: Shown) => repeated !== null && repeated > 0 && repeated < text.length;
      const part = sorted().find(([at, shown]) => at < slot && isPart(shown));
      return part ? settleBetween(part[0], slot) : [];
    },
    /** The new draft is whole so far. */
    settleDraft(): Mark[] {
      const part = sorted().find(([, { repeated }]) => repeated !== null);
      return part ? settleBetween(part[0], Number.POSITIVE_INFINITY) : [];
    },
  };
}

function isSame(item: MarkItem, kind: object): boolean {
  return Object.entries(kind).every(
    ([key, value]) => JSON.stringify((item as Record<string, unknown>)[key]) === JSON.stringify(value),
  );
}

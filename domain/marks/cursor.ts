import type { Mark, MarkItem } from './mark.js';

/**
 * A place in the marks of a turn. It does not depend on how the text was cut into pieces, so that it can be found again
 * in the log, by another process and after a restart.
 */
export type MarkCursor = {
  /** 0 before the first item, the item's ordinal and 1 within an item, `END` after the last one. */
  place: number;
  /** The first slot that a new draft of the item would replace, and the item's own. */
  base: number;
  slot: number;
  kind: MarkItem['kind'];
  epoch: number;
  /** Within the item: see `at`. */
  at: number;
};

/** The `place` of the end of a turn. */
export const END = Number.MAX_SAFE_INTEGER;

type Part = 0 | 1 | 2;
const TEXT = 3;
const CLOSED = 4;

/**
 * Places within an item: it opens, its text grows up to its length, it closes. A dialect has up to three frames for the
 * first and the last. Offsets and lengths are in UTF-16 code units.
 */
export const at = {
  opened: (part: Part) => part,
  text: (to: number) => 8 * to + TEXT,
  closed: (length: number, part: Part) => 8 * length + CLOSED + part,
} as const;

/** How much text lies before a place within an item, and whether the item's close has begun. */
export function textAt(within: number): { length: number; closes: boolean } {
  const rest = within % 8;
  return rest < TEXT ? { length: 0, closes: false } : { length: (within - rest) / 8, closes: rest >= CLOSED };
}

const kinds: readonly MarkItem['kind'][] = ['text', 'thinking', 'call', 'result'];
/** Voided items and empty slots move an item's ordinal away from its slot. Slots precede ordinals by at most this. */
const MIN_SKEW = -16;
const widths = { base: 2 ** 11, epoch: 2 ** 5, delta: 2 ** 5, at: 2 ** 24, skew: 2 ** 6, kind: 2 ** 2 } as const;
/** The largest epoch of an item. */
export const LAST_EPOCH = widths.epoch - 1;
/** The numbers from here on are of the end. */
const LAST = 2 ** 53 - 2 ** 42;

/**
 * Packs a cursor into one safe integer. Numbers of one stream increase in the order of its marks. A later draft has larger
 * numbers than a lost one, and a number of the last draft is the same whether its viewer saw lost drafts and thinking that
 * the log does not have: the ordinal, which may differ, comes after the place in the text. Values beyond the width of their
 * field count as the largest.
 */
export function packCursor({ place, base, slot, kind, epoch, at: within }: MarkCursor): number {
  if (place === 0) return within;
  if (place === END) return LAST;
  return [
    [clamp(base, widths.base - 2) + 1, widths.base],
    [epoch, widths.epoch],
    [slot - base, widths.delta],
    [within, widths.at],
    [place - 1 - slot - MIN_SKEW, widths.skew],
    [kinds.indexOf(kind), widths.kind],
  ].reduce((number, [value = 0, width = 1]) => number * width + clamp(value, width), 0);
}

/** The cursor of a number; null if no cursor has it. */
export function unpackCursor(number: number): MarkCursor | null {
  if (!Number.isSafeInteger(number) || number < 0) return null;
  if (number >= LAST) return cursorAtEnd;
  let rest = number;
  const take = (width: number) => {
    const field = rest % width;
    rest = (rest - field) / width;
    return field;
  };
  const kind = kinds[take(widths.kind)] ?? 'text';
  const skew = take(widths.skew);
  const [within, delta, epoch] = [take(widths.at), take(widths.delta), take(widths.epoch)];
  if (rest === 0) return number < 3 ? cursorBefore(number as Part) : null;
  const base = rest - 1;
  const slot = base + delta;
  const place = slot + skew + MIN_SKEW + 1;
  return place < 1 ? null : { place, base, slot, kind, epoch, at: within };
}

const clamp = (value: number, size: number): number => Math.min(Math.max(value, 0), size - 1);

export const cursorIn = ({ ordinal, base, slot, kind, epoch }: MarkItem, within: number): MarkCursor => ({
  place: ordinal + 1,
  base,
  slot,
  kind,
  epoch,
  at: within,
});

const nowhere = { base: 0, slot: 0, kind: 'text', epoch: 0 } as const;
export const cursorBefore = (part: Part): MarkCursor => ({ ...nowhere, place: 0, at: part });
export const cursorAtEnd: MarkCursor = { ...nowhere, place: END, at: 0 };

/** The cursor behind a mark. Null for a mark that changes no item: a viewer may get it twice. */
export function cursorOf(mark: Mark): MarkCursor | null {
  switch (mark.type) {
    case 'opened':
      return cursorBefore(0);
    case 'itemOpened':
      return cursorIn(mark.item, at.opened(0));
    case 'text':
      return cursorIn(mark.item, at.text(mark.to));
    case 'itemClosed':
      return cursorIn(mark.item, at.closed(mark.length, 0));
    case 'ended':
      return cursorAtEnd;
    case 'voided':
    case 'beatLanded':
    case 'approval':
      return null;
  }
}

/** How much of the item's text lies before the cursor, in UTF-16 code units; infinite if all of it does. */
function textBefore(cursor: MarkCursor, { ordinal, epoch }: MarkItem): number {
  if (cursor.place !== ordinal + 1) return cursor.place > ordinal + 1 ? Number.POSITIVE_INFINITY : 0;
  if (cursor.epoch !== epoch) return cursor.epoch > epoch ? Number.POSITIVE_INFINITY : 0;
  const { length, closes } = textAt(cursor.at);
  return closes ? Number.POSITIVE_INFINITY : length;
}

/** The part of a `text` mark behind a cursor; null if there is none. */
export function textAfter(cursor: MarkCursor | null, mark: Extract<Mark, { type: 'text' }>): typeof mark | null {
  const before = cursor ? textBefore(cursor, mark.item) : 0;
  if (before <= mark.from) return mark;
  if (before >= mark.to) return null;
  return { ...mark, from: before, text: mark.text.slice(before - mark.from) };
}

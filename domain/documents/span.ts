/** A part of a text: offsets in UTF-16 code units, from `start` up to but without `end`. */
export type Span = { start: number; end: number };

/** Whether two spans share a part. An empty span overlaps one that goes on at both of its sides. */
export const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

/** What an edit did to a text: it replaced `start` to `end` by `length` code units. */
export type Edit = Span & { length: number };

/** The one edit that leads from a text to another: all between what they begin with and what they end with. */
export function editBetween(before: string, after: string): Edit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  let same = 0;
  const left = shorter - start;
  while (same < left && before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same))
    same += 1;
  return { start, end: before.length - same, length: after.length - same - start };
}

/** Where a span is after an edit that does not touch it; null if the edit changes some of it. */
function movedSpan(span: Span, edit: Edit): Span | null {
  if (span.end <= edit.start) return span;
  if (span.start < edit.end) return null;
  const by = edit.length - (edit.end - edit.start);
  return { start: span.start + by, end: span.end + by };
}

/** What is left of a span after an edit: the parts that the edit did not replace, and what lies between them. */
export function remainingSpan(span: Span, edit: Edit): Span | null {
  const moved = movedSpan(span, edit);
  if (moved) return moved;
  const end = edit.start + edit.length;
  const left = {
    start: span.start < edit.start ? span.start : end,
    end: span.end > edit.end ? end + span.end - edit.end : edit.start,
  };
  return left.start < left.end ? left : null;
}

/** A span after an edit, with what the edit wrote into it or over it. */
export function extendedSpan(span: Span, edit: Edit): Span {
  const moved = movedSpan(span, edit);
  if (moved) return moved;
  const end = edit.start + edit.length;
  return { start: Math.min(span.start, edit.start), end: end + Math.max(0, span.end - edit.end) };
}

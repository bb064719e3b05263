import { foldLevels } from './foldText.js';
import { matching, type SearchedBody } from './places.js';
import { type Edit, extendedSpan, overlaps, remainingSpan, type Span } from './span.js';

/** The part of a document that a thread is about: its text, and where it was, in UTF-16 code units. */
export type Anchor = { quote: string; start?: number | undefined; end?: number | undefined };

/**
 * Where an anchor is in a body: its quote, nearest to its position; if there is none, the nearest text that is equal by
 * the next of `foldLevels`. Null when the body contains none.
 */
export function anchorSpan(body: SearchedBody, { quote, start = 0 }: Anchor): Span | null {
  if (quote !== '' && body.text.startsWith(quote, start)) return { start, end: start + quote.length };
  for (const step of [null, ...foldLevels]) {
    const nearest = nearestTo(start, matching(body, quote, step));
    if (nearest) return nearest;
  }
  return null;
}

/** Of spans in order, the one that begins nearest to an offset. */
function nearestTo(offset: number, spans: Iterable<Span>): Span | null {
  let nearest: Span | null = null;
  for (const span of spans) {
    if (nearest && Math.abs(span.start - offset) >= Math.abs(nearest.start - offset)) break;
    nearest = span;
  }
  return nearest;
}

/** New text of a document: an accepted change, or what a person wrote by hand. The edits are in order. */
export type Rewriting = { before: SearchedBody; after: SearchedBody; edits: readonly Edit[]; by: 'change' | 'hand' };

/**
 * The anchor in the new text. What was written within it becomes part of it. If a person replaced all of it, its text is
 * looked for in what was written; where it is gone, the anchor stays as it was.
 */
export function movedAnchor(anchor: Anchor, rewriting: Rewriting): Anchor {
  const { before, after, edits } = rewriting;
  const span = anchorSpan(before, anchor);
  if (!span) return anchor;
  const kept = edits.reduceRight<Span | null>((part, edit) => part && keptPart(part, edit, rewriting.by), span);
  const moved = kept ?? rewrittenPart(before.text.slice(span.start, span.end), span.start, rewriting);
  return moved ? { quote: after.text.slice(moved.start, moved.end), ...moved } : anchor;
}

function keptPart(span: Span, edit: Edit, by: Rewriting['by']): Span | null {
  const isInside = span.start <= edit.start && edit.end <= span.end;
  const left = by === 'change' || isInside ? extendedSpan(span, edit) : remainingSpan(span, edit);
  return left && left.start < left.end ? left : null;
}

/** The nearest equal text, if a person has written at least some of it now. */
function rewrittenPart(quote: string, start: number, { after, edits, by }: Rewriting): Span | null {
  const found = by === 'hand' ? anchorSpan(after, { quote, start }) : null;
  if (!found) return null;
  let shift = 0;
  for (const edit of edits) {
    const written = { start: edit.start + shift, end: edit.start + shift + edit.length };
    if (overlaps(written, found)) return found;
    shift += edit.length - (edit.end - edit.start);
  }
  return null;
}

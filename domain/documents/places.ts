import { type FoldedText, type FoldLevel, foldLevels, foldText } from './foldText.js';
import { occurrences } from './occurrences.js';
import { overlaps, type Span } from './span.js';

/**
 * Where a change applies. Without a place: the body does not contain the original (`absent`), contains several texts
 * that are like it and none that is the same (`ambiguous`), or contains it only where accepted changes wrote it
 * (`used`); or the original is empty and the body is not (`not_empty`).
 */
export type Place = (Span & { found: true }) | { found: false; reason: 'absent' | 'ambiguous' | 'used' | 'not_empty' };

/** What a place depends on beside the original. */
export type Whereabouts = {
  /** The part of the body that the change's thread is about. */
  anchor?: Span | null;
  /** Parts that were written after the change was, by `mergedSpans`: no place of the change touches them. */
  used?: readonly Span[];
};

/**
 * A body in which places are searched for, or an original that is searched for. What it folds to is kept, because a document has many changes and
 * a search many steps.
 */
export type SearchedBody = { readonly text: string; folded(level: FoldLevel): FoldedText };

export function searchedBody(text: string): SearchedBody {
  const folds = new Map<FoldLevel, FoldedText>();
  return {
    text,
    folded(level) {
      const folded = folds.get(level) ?? foldText(text, level);
      folds.set(level, folded);
      return folded;
    },
  };
}

/** Originals of this length and more have no place in the body. */
export const tooLongOriginal = (body: string): number => 2 * body.length + 10_000;

/** Steps of a search: the same text first, then what is equal by each level. */
const steps = [null, ...foldLevels] as const;
export type Step = (typeof steps)[number];

/** Whether a body has no text, so that a change may begin it. */
export const isEmptyBody = (body: string): boolean => body.trim() === '';

/**
 * Finds the place of a change in steps. The first occurrence of its original is its place; if there is none, the only
 * text that is equal to it by the next of `foldLevels`. In an anchored thread the whole search is first made within the
 * anchor, then among what overlaps it. An empty original has a place in a body without text: all of it. Takes time
 * linear in both texts.
 */
export function placeOf(body: SearchedBody, original: string, where: Whereabouts = {}): Place {
  const isEmpty = isEmptyBody(body.text);
  if (original === '' || (isEmpty && original.trim() === ''))
    return isEmpty ? { found: true, start: 0, end: body.text.length } : { found: false, reason: 'not_empty' };
  if (original.length >= tooLongOriginal(body.text)) return { found: false, reason: 'absent' };
  return search(body, searchedBody(original), where);
}

function search(body: SearchedBody, original: SearchedBody, where: Whereabouts): Place {
  const matches = new Map<Step, Matches>();
  for (const rank of where.anchor ? ranks : (['outside'] as const)) {
    for (const step of steps) {
      if (addsNothing(body, original, step)) continue;
      const found = matches.get(step) ?? matchesOf(body, original, step, where);
      matches.set(step, found);
      const [first, second] = found[rank];
      if (first && second && step !== null) return { found: false, reason: 'ambiguous' };
      if (first) return { found: true, ...first };
    }
  }
  const isUsed = [...matches.values()].some((found) => found.isUsed);
  return { found: false, reason: isUsed ? 'used' : 'absent' };
}

/** Whether both texts fold to what they are at the step before, where the original was not found. */
function addsNothing(body: SearchedBody, original: SearchedBody, step: Step): boolean {
  if (step === null) return false;
  const before = steps[steps.indexOf(step) - 1] ?? null;
  return [body, original].every((text) => textAt(text, step) === textAt(text, before));
}

const textAt = (text: SearchedBody, step: Step): string => (step === null ? text.text : text.folded(step).text);

/** How many places the original has, of which `place` is the first: equal texts that do not overlap. */
export function countPlaces(body: SearchedBody, original: string, place: Span, where: Whereabouts = {}): number {
  const rank = rankOf(place, where.anchor);
  let count = 0;
  let end = 0;
  for (const match of matching(body, original, null)) {
    if (match.start < end || rankOf(match, where.anchor) !== rank || touches(where.used ?? [], match)) continue;
    count += 1;
    end = match.end;
  }
  return Math.max(1, count);
}

/**
 * Whether the place of an original may overlap a part of the body. Reads only what is around that part, so that most
 * changes of a document need no search when another one is accepted.
 */
export function mayOverlap(body: SearchedBody, original: string, { start, end }: Span): boolean {
  if (original.trim() === '') return true;
  const occursIn = (text: string, wanted: string, from: number, to: number) =>
    !occurrences(text.slice(Math.max(0, from - wanted.length), to + wanted.length), wanted).next().done;
  if (occursIn(body.text, original, start, end)) return true;
  const folded = body.folded('runs');
  const around = folded.within({ start, end });
  const margin = 2;
  return occursIn(
    folded.text,
    foldText(original, 'runs').text,
    Math.min(around.start, around.end) - margin,
    Math.max(around.start, around.end) + margin,
  );
}

/** Where a match is, seen from the anchor. Without an anchor all is outside. */
const ranks = ['inside', 'overlapping', 'outside'] as const;
type Rank = (typeof ranks)[number];

function rankOf(span: Span, anchor: Span | null | undefined): Rank {
  if (!anchor || !overlaps(span, anchor)) return 'outside';
  return anchor.start <= span.start && span.end <= anchor.end ? 'inside' : 'overlapping';
}

/** Up to two matches of each rank. `isUsed`: there are others, in used parts. */
type Matches = Record<Rank, Span[]> & { isUsed: boolean };

function matchesOf(
  body: SearchedBody,
  original: SearchedBody,
  step: Step,
  { anchor, used = [] }: Whereabouts,
): Matches {
  const found: Matches = { inside: [], overlapping: [], outside: [], isUsed: false };
  const best = found[anchor ? 'inside' : 'outside'];
  for (const match of matchesIn(body, original, step)) {
    if (touches(used, match)) {
      found.isUsed = true;
      continue;
    }
    const some = found[rankOf(match, anchor)];
    if (some.length < 2) some.push(match);
    if (best.length === (step === null ? 1 : 2)) break;
  }
  return found;
}

/** The parts of the body that are equal to a text by a step, in order. */
export const matching = (body: SearchedBody, original: string, step: Step): Generator<Span> =>
  matchesIn(body, searchedBody(original), step);

function* matchesIn(body: SearchedBody, original: SearchedBody, step: Step): Generator<Span> {
  const wanted = textAt(original, step);
  if (step === null) {
    for (const start of occurrences(body.text, wanted)) {
      const end = start + wanted.length;
      if (!splitsLineEnd(body.text, start) && !splitsLineEnd(body.text, end)) yield { start, end };
    }
    return;
  }
  const folded = body.folded(step);
  for (const start of occurrences(folded.text, wanted)) {
    const match = folded.sourceOf({ start, end: start + wanted.length });
    if (match) yield match;
  }
}

const splitsLineEnd = (text: string, at: number): boolean =>
  text.charCodeAt(at - 1) === 13 && text.charCodeAt(at) === 10;

/** The spans in order, those that overlap or adjoin as one. */
export function mergedSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
}

/** Whether a span overlaps one of those that `mergedSpans` returned. */
function touches(merged: readonly Span[], span: Span): boolean {
  let low = 0;
  for (let high = merged.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (merged[middle]!.end > span.start) high = middle;
    else low = middle + 1;
  }
  const next = merged[low];
  return next !== undefined && overlaps(next, span);
}

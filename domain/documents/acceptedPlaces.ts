import { mergedSpans } from './places.js';
import { type Edit, remainingSpan, type Span } from './span.js';

/** Where the text of an accepted change is in the newest version of its document. `at`: when it was accepted. */
export type AcceptedPlace = Span & { changeId: string; at: string };

/** The newest of them are kept. */
export const MAX_ACCEPTED_PLACES = 1_000;

/** Places after edits, which are in order: what the edits replaced of them is gone. */
export const movedPlaces = (places: readonly AcceptedPlace[], edits: readonly Edit[]): AcceptedPlace[] =>
  places.flatMap((place) => {
    const left = edits.reduceRight<Span | null>((span, edit) => span && remainingSpan(span, edit), place);
    return left ? [{ ...place, ...left }] : [];
  });

/** With one more, in the order of the body. */
export function withPlace(places: readonly AcceptedPlace[], place: AcceptedPlace): AcceptedPlace[] {
  const newest = [...places, place].toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  return newest.slice(0, MAX_ACCEPTED_PLACES).sort((a, b) => a.start - b.start || a.end - b.end);
}

/** What was accepted since a time (ISO 8601): a change that was written before did not mean these parts of the body. */
export const usedSince = (places: readonly AcceptedPlace[], writtenAt: string): Span[] =>
  mergedSpans(places.filter(({ at }) => at >= writtenAt).map(({ start, end }) => ({ start, end })));

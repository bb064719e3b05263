import type { Change } from '../../client/src/index.js';

/** A piece of a document's text: plain, or where a change would set in. */
export type Piece = { start: number; text: string; change: Change | null; anchored: boolean };

type Span = { start: number; end: number };
type Place = Span & { change: Change };

export const isOpen = ({ state, staleSince }: Change): boolean => state === 'pending' && staleSince === null;

/** Where each open change would set in: at the first occurrence of what it replaces. Of those that overlap, the first. */
export function changePositions(body: string, changes: readonly Change[]): Place[] {
  const places: Place[] = [];
  for (const change of changes) {
    const start = isOpen(change) && change.original !== '' ? body.indexOf(change.original) : -1;
    const end = start + change.original.length;
    if (start >= 0 && !places.some((other) => start < other.end && other.start < end)) {
      places.push({ start, end, change });
    }
  }
  return places.sort((a, b) => a.start - b.start);
}

/** Where the passage that a chat is about stands; null where there is none, or it is no longer there. */
export function anchorSpan(body: string, anchor: { quote: string; start?: number } | null): Span | null {
  if (!anchor || anchor.quote === '') return null;
  const { quote, start: told } = anchor;
  const start = told !== undefined && body.startsWith(quote, told) ? told : body.indexOf(quote);
  return start < 0 ? null : { start, end: start + quote.length };
}

/** The whole text as pieces, in order. */
export function splitText(body: string, places: readonly Place[], anchor: Span | null): Piece[] {
  const within = ({ start, end }: Span) => anchor !== null && start < anchor.end && anchor.start < end;
  const pieces: Piece[] = [];
  const addPlain = (start: number, end: number) => {
    const cuts = anchor ? [anchor.start, anchor.end].filter((cut) => cut > start && cut < end) : [];
    [start, ...cuts].forEach((from, n) => {
      const to = cuts[n] ?? end;
      if (to > from) {
        const anchored = within({ start: from, end: to });
        pieces.push({ start: from, text: body.slice(from, to), change: null, anchored });
      }
    });
  };
  let at = 0;
  for (const place of places) {
    addPlain(at, place.start);
    const { start, end, change } = place;
    pieces.push({ start, text: change.original, change, anchored: within({ start, end }) });
    at = end;
  }
  addPlain(at, body.length);
  return pieces;
}

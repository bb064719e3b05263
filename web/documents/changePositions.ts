import type { Change } from '../../client/src/index.js';

/** A piece of a document's text. `change`: the open change that would replace it. `isAnchored`: in the chat's passage. */
export type Piece = { start: number; text: string; change: Change | null; isAnchored: boolean };

type Span = { start: number; end: number };
type ChangePosition = Span & { change: Change };

export const isOpen = ({ state, staleSince }: Change): boolean => state === 'pending' && staleSince === null;

/** The position of each open change: the first occurrence of its original. Of those that overlap, only the first. */
export function changePositions(body: string, changes: readonly Change[]): ChangePosition[] {
  const positions: ChangePosition[] = [];
  for (const change of changes) {
    const start = isOpen(change) && change.original !== '' ? body.indexOf(change.original) : -1;
    const end = start + change.original.length;
    if (start >= 0 && !positions.some((other) => start < other.end && other.start < end)) {
      positions.push({ start, end, change });
    }
  }
  return positions.sort((a, b) => a.start - b.start);
}

/** The position of the passage that a chat is about; null where there is none, or it is no longer in the text. */
export function anchorSpan(body: string, anchor: { quote: string; start?: number } | null): Span | null {
  if (!anchor || anchor.quote === '') return null;
  const { quote, start: expected } = anchor;
  const start = expected !== undefined && body.startsWith(quote, expected) ? expected : body.indexOf(quote);
  return start < 0 ? null : { start, end: start + quote.length };
}

/** Splits the whole text at the changes and at the ends of the passage. */
export function splitText(body: string, positions: readonly ChangePosition[], anchor: Span | null): Piece[] {
  const overlapsAnchor = ({ start, end }: Span) => anchor !== null && start < anchor.end && anchor.start < end;
  const pieces: Piece[] = [];
  const addPlain = (start: number, end: number) => {
    const cuts = anchor ? [anchor.start, anchor.end].filter((cut) => cut > start && cut < end) : [];
    [start, ...cuts].forEach((from, n) => {
      const to = cuts[n] ?? end;
      if (to > from) {
        const isAnchored = overlapsAnchor({ start: from, end: to });
        pieces.push({ start: from, text: body.slice(from, to), change: null, isAnchored });
      }
    });
  };
  let at = 0;
  for (const position of positions) {
    addPlain(at, position.start);
    const { start, change } = position;
    pieces.push({ start, text: change.original, change, isAnchored: overlapsAnchor(position) });
    at = position.end;
  }
  addPlain(at, body.length);
  return pieces;
}

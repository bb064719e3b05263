import type { Change } from '../../client/src/index.js';
import type { Span } from '../../domain/documents/span.js';
import type { ChangePlaces } from './changePlaces.js';

/**
 * A piece of a document's text. `change`: the open change that would replace it, or the accepted one that wrote it.
 * `isAnchored`: in the chat's passage.
 */
export type Piece = { start: number; text: string; change: Change | null; isAnchored: boolean };

type ChangePosition = Span & { change: Change };

export const isOpen = ({ state, staleSince }: Change): boolean => state === 'pending' && staleSince === null;

/** The positions of open and of accepted changes. Of those that overlap only the first, and open ones come first. */
export function changePositions(changes: readonly Change[], { of }: ChangePlaces): ChangePosition[] {
  const positions: ChangePosition[] = [];
  const accepted = changes.filter(({ state }) => state === 'accepted').toReversed();
  for (const change of [...changes.filter(isOpen), ...accepted]) {
    const place = of.get(change.id);
    if (!place?.found || place.start >= place.end) continue;
    const { start, end } = place;
    if (!positions.some((other) => start < other.end && other.start < end)) positions.push({ start, end, change });
  }
  return positions.sort((a, b) => a.start - b.start);
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
    pieces.push({ start, text: body.slice(start, position.end), change, isAnchored: overlapsAnchor(position) });
    at = position.end;
  }
  addPlain(at, body.length);
  return pieces;
}

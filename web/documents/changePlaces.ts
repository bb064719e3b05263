import type { Change } from '../../client/src/index.js';
import { type Anchor, anchorSpan } from '../../domain/documents/anchor.js';
import { mergedSpans, type Place, placeOf, searchedBody } from '../../domain/documents/places.js';
import type { Span } from '../../domain/documents/span.js';
import { t } from '../strings/strings.js';

/** What a chat is about, and which changes were proposed in it. */
export type Thread = { anchor: Anchor | null; changeIds: ReadonlySet<string> };

/** Where the changes of a document are in its text, and the passage that the chat is about. */
export type ChangePlaces = { of: ReadonlyMap<string, Place>; passage: Span | null };

/**
 * The places of open changes, where accepting them applies them, and those of accepted changes, where their text is. Of
 * outdated ones the place says why there is none. Those that were declined have none.
 */
export function changePlaces(text: string, changes: readonly Change[], { anchor, changeIds }: Thread): ChangePlaces {
  const body = searchedBody(text);
  const passage = anchor && anchorSpan(body, anchor);
  const used = mergedSpans(changes.flatMap(({ place }) => place ?? []));
  const placeIn = ({ id, original }: Change): Place => {
    const where = { anchor: changeIds.has(id) ? passage : null };
    const place = placeOf(body, original, { ...where, used });
    // The server knows which of them were accepted after this one was written; here it is not known.
    return place.found || place.reason !== 'used' ? place : placeOf(body, original, where);
  };
  const of = new Map<string, Place>();
  for (const change of changes) {
    if (change.state === 'pending') of.set(change.id, placeIn(change));
    else if (change.state === 'accepted' && isShownAt(text, change))
      of.set(change.id, { found: true, ...change.place });
  }
  return { of, passage };
}

/** Whether an accepted change's text is at its place: the text may be older or newer than the list of changes. */
function isShownAt(text: string, change: Change): change is Change & { place: Span } {
  const { place, proposed } = change;
  if (!place || place.start >= place.end) return false;
  const plain = (part: string) => part.replace(/\r\n?/g, '\n');
  return plain(text.slice(place.start, place.end)) === plain(proposed);
}

/** Why a change can't be accepted, for people. */
export function whyOutdated(place: Place | undefined): string {
  return t().documents.outdated[!place || place.found ? 'changed' : place.reason];
}

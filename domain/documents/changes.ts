/** Changes that one reply may propose: further blocks are plain text. */
export const MAX_CHANGES_OF_REPLY = 200;
/** Pending changes that a document may have: beyond that none is proposed until some are decided. */
export const MAX_PENDING_CHANGES = 500;

/** A body with the first occurrence of `original` replaced, as literal text; null when there is none. */
export function applyChange(
  body: string,
  { original, proposed }: { original: string; proposed: string },
): string | null {
  const at = find(body, original);
  return at < 0 ? null : body.slice(0, at) + proposed + body.slice(at + original.length);
}

/** Whether what a change replaces is no longer there. */
export const isStale = (body: string, { original }: { original: string }): boolean => find(body, original) < 0;

/** Steps that the engine's own search may take: it is fast, but its worst case is the product of both lengths. */
const NATIVE_STEPS = 10_000_000;

/** Where a text first occurs in another, or -1, in time that grows with the sum of their lengths. */
export function find(body: string, text: string): number {
  if (body.length * text.length <= NATIVE_STEPS) return body.indexOf(text);
  if (text.length > body.length) return -1;
  return findLinear(body, text);
}

/** Knuth, Morris and Pratt's search. */
function findLinear(body: string, text: string): number {
  const borders = bordersOf(text);
  for (let at = 0, matched = 0; at < body.length; at++) {
    const unit = body.charCodeAt(at);
    while (matched > 0 && text.charCodeAt(matched) !== unit) matched = borders[matched - 1]!;
    if (text.charCodeAt(matched) === unit) matched += 1;
    if (matched === text.length) return at - text.length + 1;
  }
  return -1;
}

/** For each of a text's beginnings, how much of it is its own end again. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text.charCodeAt(at) !== text.charCodeAt(length)) length = borders[length - 1]!;
    if (text.charCodeAt(at) === text.charCodeAt(length)) length += 1;
    borders[at] = length;
  }
  return borders;
}

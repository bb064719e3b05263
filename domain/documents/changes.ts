/** How many changes one reply may propose. Further blocks are plain text. */
export const MAX_CHANGES_OF_REPLY = 200;
/** How many pending changes a document may have. At the limit no further change is proposed. */
export const MAX_PENDING_CHANGES = 500;

/** Replaces the first occurrence of `original`, as literal text. Returns the new body, or null if there is none. */
export function applyChange(
  body: string,
  { original, proposed }: { original: string; proposed: string },
): string | null {
  const at = find(body, original);
  return at < 0 ? null : body.slice(0, at) + proposed + body.slice(at + original.length);
}

/** Whether the body no longer contains the change's original. */
export const isStale = (body: string, { original }: { original: string }): boolean => find(body, original) < 0;

/** Limit for `String.indexOf`: it is fast, but its worst case is the product of both lengths. */
const NATIVE_STEPS = 10_000_000;

/** The offset of the first occurrence of `text` in `body`, or -1. Takes time linear in the sum of their lengths. */
export function find(body: string, text: string): number {
  if (body.length * text.length <= NATIVE_STEPS) return body.indexOf(text);
  if (text.length > body.length) return -1;
  return findLinear(body, text);
}

/** The Knuth–Morris–Pratt algorithm. */
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

/** For each prefix of a text, the length of its longest proper prefix that is also its suffix. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text.charCodeAt(at) !== text.charCodeAt(length)) length = borders[length - 1]!;
    if (text.charCodeAt(at) === text.charCodeAt(length)) length += 1;
    borders[at] = length;
  }
  return borders;
}

/** Limit for `String.indexOf`: it is fast, but its worst case is the product of both lengths. */
const NATIVE_STEPS = 10_000_000;

/**
 * The offsets at which `text` occurs in `body`, in order, also those that overlap. Finding all of them takes time linear
 * in the sum of both lengths. An empty text does not occur.
 */
export function* occurrences(body: string, text: string): Generator<number> {
  if (text === '' || text.length > body.length) return;
  if (body.length * text.length > NATIVE_STEPS) yield* linearOccurrences(body, text);
  else for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + 1)) yield at;
}

/** The Knuth–Morris–Pratt algorithm. */
function* linearOccurrences(body: string, text: string): Generator<number> {
  const borders = bordersOf(text);
  for (let at = 0, matched = 0; at < body.length; at++) {
    const unit = body.charCodeAt(at);
    while (matched > 0 && text.charCodeAt(matched) !== unit) matched = borders[matched - 1]!;
    if (text.charCodeAt(matched) === unit) matched += 1;
    if (matched < text.length) continue;
    yield at - text.length + 1;
    matched = borders[matched - 1]!;
  }
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

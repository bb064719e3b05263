/**
 * The largest number of tokens (values, names and brackets) in JSON from outside. Parsing millions of them blocks the
 * event loop for seconds. Long strings are no problem.
 */
export const MAX_JSON_TOKENS = 200_000;

const QUOTE = 34;
const BACKSLASH = 92;
/** `{`, `[`, `,` and `:`: outside of strings, a value or a name follows each of them. */
const isJsonToken = (unit: number): boolean => unit === 123 || unit === 91 || unit === 44 || unit === 58;

/** Parses a JSON text. Returns undefined if it is not JSON or has more than `max` tokens. */
export function parseBounded(text: string, max = MAX_JSON_TOKENS): unknown {
  if (hasMoreTokens(text.length, (at) => text.charCodeAt(at), max)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a JSON text, given by its length and its units, has more than `max` tokens. */
export function hasMoreTokens(length: number, unitAt: (at: number) => number, max: number): boolean {
  if (length <= max) return false;
  const count = createTokenCounter();
  for (let at = 0; at < length; at++) if (count(unitAt(at)) > max) return true;
  return false;
}

/**
 * Returns a function that takes a JSON text unit by unit (UTF-16 code units or UTF-8 bytes) and returns the number of
 * tokens so far.
 */
export function createTokenCounter(): (unit: number) => number {
  let tokens = 0;
  let within = false;
  let escaped = false;
  return (unit) => {
    if (escaped) escaped = false;
    else if (within && unit === BACKSLASH) escaped = true;
    else if (unit === QUOTE) within = !within;
    else if (!within && isJsonToken(unit)) tokens += 1;
    return tokens;
  };
}

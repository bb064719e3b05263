/**
 * Values, names and brackets in JSON that comes from outside, at most. To parse millions of them takes many seconds, in
 * which nothing else runs; text takes next to none, however long it is.
 */
export const MAX_JSON_TOKENS = 200_000;

const QUOTE = 34;
const BACKSLASH = 92;
/** `{`, `[`, `,` and `:`: outside of texts, each begins a value or a name. */
const isJsonToken = (unit: number): boolean => unit === 123 || unit === 91 || unit === 44 || unit === 58;

/** What a JSON text holds. Undefined where it is none, or holds more than `max` tokens. */
export function parseBounded(text: string, max = MAX_JSON_TOKENS): unknown {
  if (holdsMore(text, max)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function holdsMore(text: string, max: number): boolean {
  if (text.length <= max) return false;
  const count = createTokenCounter();
  for (let at = 0; at < text.length; at++) if (count(text.charCodeAt(at)) > max) return true;
  return false;
}

/** Counts the tokens of a JSON text that comes unit by unit, or byte by byte of its UTF-8. */
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

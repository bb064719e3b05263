/**
 * The largest number of tokens (values, names and brackets) in JSON from outside. Parsing millions of them blocks the
 * event loop for seconds. Long strings are no problem.
 */
export const MAX_JSON_TOKENS = 200_000;

const QUOTE = 34;
const BACKSLASH = 92;
/** `{`, `[`, `,` and `:`: outside of strings, a value or a name follows each of them. */
const isJsonToken = (unit: number): boolean => unit === 123 || unit === 91 || unit === 44 || unit === 58;

const isOpening = (unit: number): boolean => unit === 123 || unit === 91;
const isClosing = (unit: number): boolean => unit === 125 || unit === 93;

/** Parses a JSON text. Returns undefined if it is not JSON or has more than `max` tokens. */
export function parseBounded(text: string, max = MAX_JSON_TOKENS): unknown {
  if (hasMoreTokens(text, max)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasMoreTokens(text: string, max: number): boolean {
  if (text.length <= max) return false;
  const count = createTokenCounter();
  for (let at = 0; at < text.length; at++) if (count(text.charCodeAt(at)) > max) return true;
  return false;
}

/** Text as bytes, of which a byte can be found fast. */
type Bytes = { readonly length: number; readonly [at: number]: number; indexOf(byte: number, from: number): number };

/** Whether a JSON text in UTF-8 has more than `max` tokens. Passes over long strings, such as images in base64. */
export function bytesHaveMoreTokens(bytes: Bytes, max: number): boolean {
  let tokens = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) {
      at = endOfString(bytes, at + 1);
      if (at < 0) return false;
    } else if (isJsonToken(bytes[at]!) && ++tokens > max) return true;
  }
  return false;
}

/** Whether a JSON text in UTF-8 has objects and lists in more than `max` levels. Passes over long strings. */
export function bytesNestDeeper(bytes: Bytes, max: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
      if (at < 0) return false;
    } else if (isOpening(byte)) {
      if (++depth > max) return true;
    } else if (isClosing(byte)) depth -= 1;
  }
  return false;
}

/** Where a string ends that has begun before `from`; -1 if it never does. Each backslash is looked at once. */
function endOfString(bytes: Bytes, from: number): number {
  for (let end = bytes.indexOf(QUOTE, from); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (end - 1 - slashes >= from && bytes[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return -1;
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

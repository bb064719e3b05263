/** `JSON.stringify` recurses and fails at some thousands of levels. */
const MAX_DEPTH = 1_000;

const isUnstorable = (text: string) => text.includes('\0') || !text.isWellFormed();

const textFault = 'must not hold U+0000 or half a surrogate pair';

/**
 * Returns why a JSON value can not be stored unchanged, or null if it can. Postgres stores neither U+0000 nor lone
 * surrogates, and JSON has no infinite numbers. Takes linear time and does not recurse.
 */
export function unstorableReason(value: unknown, maxDepth = MAX_DEPTH): string | null {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return `must not be nested deeper than ${maxDepth} levels`;
    const below: unknown[] = [];
    for (const item of level) {
      const fault = typeof item === 'object' && item !== null ? open(item, below) : faultOf(item);
      if (fault) return fault;
    }
    level = below;
  }
  return null;
}

/** Adds the items or values of `item` to `below`. */
function open(item: object, below: unknown[]): string | null {
  if (Array.isArray(item)) {
    for (const inner of item) below.push(inner);
    return null;
  }
  for (const [key, inner] of Object.entries(item)) {
    if (isUnstorable(key)) return textFault;
    below.push(inner);
  }
  return null;
}

function faultOf(item: unknown): string | null {
  if (typeof item === 'string') return isUnstorable(item) ? textFault : null;
  if (typeof item === 'number') return Number.isFinite(item) ? null : 'must hold finite numbers only';
  return null;
}

/**
 * Makes a name, an id or a code from outside storable: at most `max` UTF-16 code units. Characters that can not be
 * stored become U+FFFD. Dropping them could turn a name into another, known name.
 */
export const toStorableWord = (word: string, max: number): string =>
  word.slice(0, max).replaceAll('\0', '\ufffd').toWellFormed();

/** Makes the name of a model, as a provider sent it, storable. */
export const toStorableModel = (model: string): string => toStorableWord(model, 200);

/** What no reader of ours may meet: JSON's own writers recurse, and give up at some thousands of levels. */
const MAX_DEPTH = 1_000;

const isUnkeepable = (text: string) => text.includes('\0') || !text.isWellFormed();

const textFault = 'must not hold U+0000 or half a surrogate pair';

/**
 * Why a value that came as JSON can't be kept as it is, or null: Postgres keeps neither U+0000 nor half a
 * surrogate pair, JSON has no number beyond the largest. Takes time in proportion to the value, and no stack.
 */
export function unkeepable(value: unknown, maxDepth = MAX_DEPTH): string | null {
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

/** Adds what is inside to `below`. */
function open(item: object, below: unknown[]): string | null {
  if (Array.isArray(item)) {
    for (const inner of item) below.push(inner);
    return null;
  }
  for (const [key, inner] of Object.entries(item)) {
    if (isUnkeepable(key)) return textFault;
    below.push(inner);
  }
  return null;
}

function faultOf(item: unknown): string | null {
  if (typeof item === 'string') return isUnkeepable(item) ? textFault : null;
  if (typeof item === 'number') return Number.isFinite(item) ? null : 'must hold finite numbers only';
  return null;
}

/**
 * A name, an id or a code from outside: at most `max` UTF-16 code units. What can't be kept becomes U+FFFD rather than
 * nothing, so that no name turns into another that is known.
 */
export const keepableWord = (word: string, max: number): string =>
  word.slice(0, max).replaceAll('\0', '\ufffd').toWellFormed();

/** The name of a model, as a provider says it. */
export const keepableModel = (model: string): string => keepableWord(model, 200);

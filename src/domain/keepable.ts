/** What no reader of ours may meet: JSON's own writers recurse, and give up at some thousands of levels. */
const MAX_DEPTH = 1_000;

const isUnkeepable = (text: string) => text.includes('\0') || !text.isWellFormed();

const textFault = 'must not hold U+0000 or half a surrogate pair';

/**
 * Why a value that came as JSON can't be kept as it is, or null: Postgres keeps neither U+0000 nor half a
 * surrogate pair, JSON has no number beyond the largest. Takes time in proportion to the value, and no stack.
 */
export function unkeepable(value: unknown): string | null {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`;
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

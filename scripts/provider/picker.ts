/** Picks pseudo-randomly by an FNV-1a hash of the seed and the earlier picks. The same seed gives the same picks. */
export type Pick = <T>(choices: readonly T[]) => T;

export function createPicker(seed: string): Pick {
  let hash = 0x811c9dc5;
  const update = (code: number) => {
    hash = Math.imul(hash ^ code, 0x01000193) >>> 0;
  };
  for (const char of seed) update(char.codePointAt(0) ?? 0);
  return (choices) => {
    update(choices.length);
    return choices[spread(hash) % choices.length]!;
  };
}

/** Spreads a difference in one character to every bit: the finaliser of murmur3. */
function spread(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

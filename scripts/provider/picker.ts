/** Picks by an FNV-1a hash of the seed, that each choice stirs on: the same seed picks the same. */
export type Pick = <T>(choices: readonly T[]) => T;

export function createPicker(seed: string): Pick {
  let hash = 0x811c9dc5;
  const stir = (code: number) => {
    hash = Math.imul(hash ^ code, 0x01000193) >>> 0;
  };
  for (const char of seed) stir(char.codePointAt(0) ?? 0);
  return (choices) => {
    stir(choices.length);
    return choices[spread(hash) % choices.length]!;
  };
}

/** Seeds that differ in one character are to differ in every bit (murmur3's last step). */
function spread(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

/** Random numbers that are the same for the same seed. */
export type SeededRandom = {
  /** From 0 to 1, without 1. */
  share(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T | undefined;
  /** Picks by weight. */
  weighted<T extends { weight: number }>(choices: readonly T[]): T | undefined;
};

/** Mulberry32, seeded with a hash of the name too: parts that run in parallel have independent sequences. */
export function createSeededRandom(seed: number, name: string): SeededRandom {
  let state = [...name].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 0x01000193), seed | 0);
  const share = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(share() * (most - least + 1));
  return {
    share,
    between,
    pick: (choices) => choices[between(0, choices.length - 1)],
    weighted(choices) {
      const total = choices.reduce((sum, { weight }) => sum + weight, 0);
      let left = share() * total;
      return choices.find(({ weight }) => {
        left -= weight;
        return left < 0;
      });
    },
  };
}

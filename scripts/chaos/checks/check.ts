/** The result of one invariant: how many things were checked, and where it did not hold. */
export type Check = { name: string; of: number; breaches: { where: string; what: string[] }[] };

export function check(name: string) {
  const result: Check = { name, of: 0, breaches: [] };
  return {
    /** Records one checked thing, or `count` of them, with its breaches. */
    record(where: string, what: string[], count = 1) {
      result.of += count;
      if (what.length > 0) result.breaches.push({ where, what });
    },
    done: () => result,
  };
}

/** One invariant: of how many things it was asked, and where it did not hold. */
export type Check = { name: string; of: number; breaches: { where: string; what: string[] }[] };

export function check(name: string) {
  const result: Check = { name, of: 0, breaches: [] };
  return {
    /** One thing, or as many as `count`, and what is wrong with it. */
    see(where: string, what: string[], count = 1) {
      result.of += count;
      if (what.length > 0) result.breaches.push({ where, what });
    },
    done: () => result,
  };
}

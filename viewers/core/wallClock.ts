/** A difference of more milliseconds means that the system's clock was set. */
const maxDriftMs = 5;

/**
 * Milliseconds since 1970 with fractions, for comparison with the clock of another process. Between machines the result
 * includes the difference of their clocks.
 */
export function createWallClock(): () => number {
  let anchor = Date.now() - performance.now();
  return () => {
    const now = anchor + performance.now();
    const system = Date.now();
    if (Math.abs(system - now) <= maxDriftMs) return now;
    anchor = system - performance.now();
    return system;
  };
}

/** Beyond this, in milliseconds, the clock was set: it is followed. */
const drift = 5;

/**
 * Milliseconds since 1970 with their fractions, to compare with what another process says. Between machines that
 * comparison holds the difference of their clocks.
 */
export function createWallClock(): () => number {
  let anchor = Date.now() - performance.now();
  return () => {
    const now = anchor + performance.now();
    const said = Date.now();
    if (Math.abs(said - now) <= drift) return now;
    anchor = said - performance.now();
    return said;
  };
}

/** Parses a client's cursor: 0 when there is none, null when it is no seq. */
export function parseCursor(given: string | null | undefined): number | null {
  if (given === null || given === undefined) return 0;
  if (!/^\d{1,15}$/.test(given)) return null;
  return Number(given);
}

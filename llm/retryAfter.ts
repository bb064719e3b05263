/** The longest pause that a provider's headers can cause, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 60_000;

type Headers = { get(name: string): string | null };

/**
 * The pause before a retry that the provider's headers ask for, in milliseconds: `retry-after-ms`, or `Retry-After` in
 * seconds or as an HTTP date. Undefined without a valid one.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const wait = milliseconds(headers.get('retry-after-ms')) ?? secondsOrDate(headers.get('retry-after'), now);
  return wait === undefined ? undefined : Math.min(Math.max(Math.ceil(wait), 0), MAX_RETRY_AFTER_MS);
}

function milliseconds(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

function secondsOrDate(value: string | null, now: number): number | undefined {
  const seconds = milliseconds(value);
  if (seconds !== undefined) return seconds * 1000;
  // Date.parse accepts nearly everything ("-5" is a year), so only text that begins with a weekday is parsed.
  if (value === null || !/^\s*(mon|tue|wed|thu|fri|sat|sun)/i.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at - now;
}

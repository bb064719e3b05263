/** The longest pause that a provider's headers can cause, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 60_000;

type Headers = { get(name: string): string | null };

/**
 * The pause before a retry that the provider's headers ask for, in milliseconds: `retry-after-ms`, as Azure has it too, or
 * `Retry-After` in seconds or as a date. Undefined without a valid one.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const wait =
    milliseconds(headers.get('retry-after-ms')) ??
    milliseconds(headers.get('x-ms-retry-after-ms')) ??
    secondsOrDate(headers.get('retry-after'), now);
  return wait === undefined ? undefined : Math.min(Math.max(Math.ceil(wait), 0), MAX_RETRY_AFTER_MS);
}

function milliseconds(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

function secondsOrDate(value: string | null, now: number): number | undefined {
  const seconds = milliseconds(value?.replace(/s\s*$/, '') ?? null);
  // A count since 1970 is a date.
  if (seconds !== undefined) return seconds > LONG_AGO ? seconds * 1000 - now : seconds * 1000;
  // Date.parse accepts nearly everything ("-5" is a year), so only text that begins with a weekday or a date is parsed.
  if (value === null || !/^\s*(mon|tue|wed|thu|fri|sat|sun|\d{4}-\d\d-\d\dT)/i.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at - now;
}

/** The year 2001, in seconds. */
const LONG_AGO = 1_000_000_000;

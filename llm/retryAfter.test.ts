import { describe, expect, test } from '@jest/globals';
import { MAX_RETRY_AFTER_MS, readRetryAfter } from './retryAfter.js';

const now = Date.UTC(2026, 2, 1, 12, 0, 0);
const read = (headers: Record<string, string>) => readRetryAfter(new Headers(headers), now);
const dateAfter = (ms: number) => new Date(now + ms).toUTCString();

describe('the pause that a provider asks for', () => {
  test.each([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['fractions of a second', { 'retry-after': '0.25' }, 250],
    ['at once', { 'retry-after': '0' }, 0],
    ['an HTTP date', { 'retry-after': dateAfter(9_000) }, 9_000],
    ['a date in the past', { 'retry-after': dateAfter(-5_000) }, 0],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1_500],
    ['milliseconds before seconds', { 'retry-after-ms': '20', 'retry-after': '9' }, 20],
    ['seconds when the milliseconds are invalid', { 'retry-after-ms': 'soon', 'retry-after': '9' }, 9_000],
    ['more seconds than the limit', { 'retry-after': '86400' }, MAX_RETRY_AFTER_MS],
    ['a date beyond the limit', { 'retry-after': dateAfter(3_600_000) }, MAX_RETRY_AFTER_MS],
    ['more milliseconds than the limit', { 'retry-after-ms': '999999999999' }, MAX_RETRY_AFTER_MS],
  ])('is read from %s', (_, headers, expected) => {
    expect(read(headers as Record<string, string>)).toBe(expected);
  });

  test.each([
    {},
    { 'retry-after': '' },
    { 'retry-after': '-5' },
    { 'retry-after': 'later' },
    { 'retry-after': 'Monday' },
  ])('is unknown for %j', (headers) => {
    expect(read(headers as Record<string, string>)).toBeUndefined();
  });
});

import { expect, test } from '@jest/globals';
import { MIN_POSTGRES, versionRefusal } from './checkServer.js';

test('the check of the server accepts Postgres 15 and newer', () => {
  expect(MIN_POSTGRES).toBe(15);
  expect(versionRefusal(150_000, '15.0')).toBeNull();
  expect(versionRefusal(180_004, '18.4')).toBeNull();
});

test('the check of the server refuses an older Postgres in one line with its version and the required one', () => {
  const why = versionRefusal(140_013, '14.13 (Debian 14.13-1)');
  expect(why).toContain('is Postgres 14.13');
  expect(why).toContain('Postgres 15 or newer');
  expect(why).not.toContain('\n');
});

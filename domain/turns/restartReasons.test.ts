import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { type AttemptsBefore, isRestartReason, restartReasonOf, restartReasons } from './restartReasons.js';

const before: AttemptsBefore = { lost: false, onFallback: false, failures: 0, lastError: null };

describe('the reason of a restart', () => {
  test.each([
    ['worker_lost', 'the attempt before never said how it ended', { lost: true, failures: 1, lastError: 'x' }],
    ['handed_over', 'the attempt before ended in order, without a failure', {}],
    ['provider_failed', 'the provider failed the attempt before', { failures: 1, lastError: 'stream_broken' }],
    ['provider_changed', 'another provider is asked', { onFallback: true, lastError: 'provider_error' }],
    ['provider_failed', 'the other provider failed too', { onFallback: true, failures: 1, lastError: 'stream_broken' }],
  ])('is %s when %s', (reason, _, known) => {
    expect(restartReasonOf({ ...before, ...known })).toBe(reason);
  });

  test('has a row in docs/protocol.md for each value', async () => {
    const guide = await readFile('docs/protocol.md', 'utf8');
    const rows = [...guide.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
    expect(rows).toEqual(expect.arrayContaining(Object.keys(restartReasons)));
  });

  test('is only a key of the table, and no property that objects inherit', () => {
    expect(['worker_lost', 'toString', undefined, 7].map(isRestartReason)).toEqual([true, false, false, false]);
  });
});

import { expect, test } from '@jest/globals';
import { countCalls } from '../../../scripts/chaos/checks/calls.js';
import type { ProviderRequest } from '../../../scripts/chaos/provider/faultProxy.js';
import { createBook } from '../../../scripts/chaos/traffic/book.js';

const asked = (step: string, fault: string | null = null): ProviderRequest => ({
  ...{ step, turnId: step.split('/')[0] ?? null, path: '/v1/chat/completions', at: 0, fault },
  ...{ streams: false, abortedAt: null, endedAt: null },
});

test('the chaos run counts a repeated request as extra, unless it follows a failure of the provider', () => {
  const book = createBook();
  for (const turnId of ['a', 'b']) book.accept({ turnId, chatId: 'c', kind: 'narrative' }, turnId);
  const calls = countCalls(
    [
      asked('a/reply:0', '429'),
      asked('a/reply:0'),
      asked('a/reply:0'),
      asked('b/reply:0'),
      asked('b/parse'),
      asked('b/parse'),
      asked('b/reply:1'),
    ],
    book,
  );
  expect(calls).toEqual({ all: 7, repliesAgain: 1, classifiersAgain: 1, afterFaults: 1, extraPerThousandTurns: 1_000 });
});

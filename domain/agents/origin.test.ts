import { expect, test } from '@jest/globals';
import type { PastIteration } from './agentPrompt.js';
import { forOrigin, originOf } from './origin.js';

const past: PastIteration = {
  text: 'So.',
  origin: originOf({ model: 'm', onFallback: false }),
  reasoning: { text: 'Hm.', blocks: [{ api: 'chat', block: { data: 'x' } }] },
  calls: [
    { id: 'chatcmpl-1', ownId: 'call_0_0', name: 'look', arguments: '{}', result: '2', serverFields: { extra: 1 } },
  ],
};

test('the provider and model of an iteration get back what they attached to it', () => {
  expect(forOrigin([past], originOf({ model: 'm', onFallback: false }))).toEqual([past]);
});

test.each([
  [
    'another model gets neither reasoning nor fields of the server, and the ids of the service',
    { model: 'n', onFallback: false },
  ],
  [
    'the fallback gets neither reasoning nor fields of the server, and the ids of the service',
    { model: 'm', onFallback: true },
  ],
])('%s', (_, asked) => {
  expect(forOrigin([past], originOf(asked))).toEqual([
    { text: 'So.', calls: [{ id: 'call_0_0', name: 'look', arguments: '{}', result: '2' }] },
  ]);
});

test('an iteration that was stored without its origin is sent as it was', () => {
  const { origin: _, ...old } = past;
  expect(forOrigin([old], 'first/m')).toEqual([old]);
});

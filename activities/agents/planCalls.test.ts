import { expect, test } from '@jest/globals';
import type { ToolDescriptor } from '../../domain/agents/tools.js';
import { planCalls } from './planCalls.js';

const look = { name: 'look', timeoutMs: 5, idempotent: false, needsApproval: true } as ToolDescriptor;
const none = { own: new Set<string>(), models: new Set<string>() };
const idsOf = (ids: string[], options: Partial<Parameters<typeof planCalls>[1]> = {}) =>
  planCalls(
    ids.map((id) => ({ id, name: 'look', arguments: '{}' })),
    { offered: [look], taken: none, iteration: 3, ...options },
  ).map(({ plan, modelCallId }) => [plan.callId, modelCallId]);

test('a call has an id that is made here, and keeps the one that the model gave it beside it', () => {
  expect(idsOf(['a', '../../b'])).toEqual([
    ['call_3_0', 'a'],
    ['call_3_1', '../../b'],
  ]);
});

test('a call whose id the model left out, or gave before, is known to the model by ours', () => {
  const taken = { own: new Set(['call_3_1']), models: new Set(['a', 'call_3_2']) };
  expect(idsOf(['', 'a', 'b', 'b'], { taken })).toEqual([
    ['call_3_0', 'call_3_0'],
    ['call_3_1_2', 'call_3_1_2'],
    ['call_3_2', 'b'],
    ['call_3_3', 'call_3_3'],
  ]);
  expect(idsOf(['call_3_1', ''])).toEqual([
    ['call_3_0', 'call_3_1'],
    ['call_3_1', 'call_3_1_2'],
  ]);
});

test("a sub-agent's calls are named after the call that began it", () => {
  expect(idsOf(['x'], { prefix: 'call_0_1', iteration: 2 })).toEqual([['call_0_1_2_0', 'x']]);
});

test('a call is made as its tool says, and one of a tool that there is none of says so', () => {
  const [known, unknown] = planCalls(
    [
      { id: 'a', name: 'look', arguments: '{}' },
      { id: 'b', name: 'made up', arguments: '' },
    ],
    { offered: [look], taken: none, iteration: 0 },
  );
  expect(known?.plan).toMatchObject({ tool: 'look', timeoutMs: 5, idempotent: false, needsApproval: true });
  expect(unknown?.plan).toMatchObject({ tool: null, idempotent: true, needsApproval: false, delegates: false });
});

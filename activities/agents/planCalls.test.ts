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

test('a planned call gets an id of ours and keeps the id of the model beside it', () => {
  expect(idsOf(['a', '../../b'])).toEqual([
    ['call_3_0', 'a'],
    ['call_3_1', '../../b'],
  ]);
});

test('a planned call without an id, or with a repeated one, is shown to the model with our id', () => {
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

test("the ids of a sub-agent's calls begin with the id of the call that started it", () => {
  expect(idsOf(['x'], { prefix: 'call_0_1', iteration: 2 })).toEqual([['call_0_1_2_0', 'x']]);
});

test("a planned call follows its tool's settings, and an unknown tool is reported as such", () => {
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

test('a call of a function of the client is only planned, and its id names its turn', () => {
  const client = { turnId: 'turn_01a2-b3', names: new Set(['look']) };
  const [call] = planCalls([{ id: 'a', name: 'look', arguments: '{}' }], {
    offered: [look],
    taken: none,
    iteration: 1,
    client,
  });
  expect(call).toMatchObject({
    modelCallId: 'a',
    plan: { callId: 'call_01a2b3_1_0', client: true, needsApproval: false },
  });
});

import { expect, test } from '@jest/globals';
import type { AgentStep } from '../log/events.js';
import { clientCallIds, iterationsOfSteps, NO_OUTPUT, withOutputs } from './clientFunctions.js';

const step = (index: number, more: Omit<AgentStep, 'id' | 'index'>): AgentStep => ({ id: `s${index}`, index, ...more });
const call = (index: number, callId: string): AgentStep =>
  step(index, { type: 'tool_call', callId, name: 'look', arguments: { at: callId } });
const result = (index: number, callId: string): AgentStep =>
  step(index, { type: 'tool_result', callId, content: `saw ${callId}`, success: true });

const steps: AgentStep[] = [
  step(0, { type: 'text', content: 'First.' }),
  call(1, 'a'),
  result(2, 'a'),
  step(3, { type: 'thinking', content: 'Hm.' }),
  call(4, 'b'),
  { ...call(5, 'c'), client: true },
  result(6, 'b'),
];

test('the calls of a reply that its client runs are found', () => {
  expect([...clientCallIds(steps)]).toEqual(['c']);
});

test('a reply is read back as its iterations, each with its text, its calls and their results', () => {
  const sent = (id: string, said: string) => ({ id, name: 'look', arguments: `{"at":"${id}"}`, result: said });
  expect(iterationsOfSteps(steps)).toEqual([
    { text: 'First.', calls: [sent('a', 'saw a')] },
    { text: '', calls: [sent('b', 'saw b'), sent('c', '')] },
  ]);
});

test('a call of a client gets its output, or a note that there is none', () => {
  const results = (outputs: ReadonlyMap<string, string>) =>
    withOutputs(iterationsOfSteps(steps), clientCallIds(steps), outputs)
      .flatMap(({ calls }) => calls)
      .map((each) => each.result);
  expect(results(new Map([['c', 'sun']]))).toEqual(['saw a', 'saw b', 'sun']);
  expect(results(new Map([['b', 'never']]))).toEqual(['saw a', 'saw b', NO_OUTPUT]);
});

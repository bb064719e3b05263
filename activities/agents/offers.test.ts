import { expect, test } from '@jest/globals';
import type { ClientFunctions } from '../../domain/agents/clientFunctions.js';
import type { ToolDescriptor } from '../../domain/agents/tools.js';
import { offersOf, toolChoiceOf } from './offers.js';

const own = (name: string) =>
  ({ name, description: 'Ours.', parameters: { type: 'object' } }) as unknown as ToolDescriptor;
const client = (more: Partial<ClientFunctions> = {}): ClientFunctions => ({
  functions: [{ name: 'look', description: 'Theirs.', parameters: { properties: { at: { type: 'array' } } } }],
  ...more,
});

test('functions of a client are offered with ours, in a form that servers accept, and take the place of ours', () => {
  expect(offersOf([own('look'), own('calculate')], client())).toEqual([
    { name: 'calculate', description: 'Ours.', parameters: { type: 'object' } },
    {
      name: 'look',
      description: 'Theirs.',
      parameters: { type: 'object', properties: { at: { type: 'array', items: {} } } },
    },
  ]);
  expect(offersOf([own('look')], null)).toHaveLength(1);
});

test('a choice that demands a call holds for the first request alone', () => {
  const tools = offersOf([], client());
  const choice = (chosen: ClientFunctions['choice'], iteration: number) =>
    toolChoiceOf(client({ choice: chosen }), { iteration, tools }).toolChoice;
  expect([choice('required', 0), choice('required', 1)]).toEqual(['required', undefined]);
  expect([choice({ name: 'look' }, 0), choice({ name: 'look' }, 1)]).toEqual([{ name: 'look' }, undefined]);
  expect([choice('none', 0), choice('none', 1)]).toEqual(['none', 'none']);
  expect([choice('auto', 0), choice({ name: 'gone' }, 0)]).toEqual([undefined, undefined]);
  expect(toolChoiceOf(client({ parallel: false }), { iteration: 1, tools })).toEqual({ parallelToolCalls: false });
});

import { expect, test } from '@jest/globals';
import { type HistoryPlan, type KnownMessage, planHistory } from './history.js';

const said = (text: string): KnownMessage => ({ text, answers: [] });
const brought = (...answers: string[]): KnownMessage => ({ text: '', answers });

test.each<[what: string, known: string[], sent: string[], plan: HistoryPlan]>([
  ['a first message is a turn', [], ['Hello'], { plan: 'turn', text: 'Hello' }],
  ['one more message is a turn', ['Hello'], ['Hello', 'And?'], { plan: 'turn', text: 'And?' }],
  ['blanks around a text make no difference', ['Hello '], [' Hello', 'And?'], { plan: 'turn', text: 'And?' }],
  ['the same history asks for the last reply again', ['A', 'B'], ['A', 'B'], { plan: 'again', index: 1, text: null }],
  ['another last message is an edit', ['A', 'B'], ['A', 'C'], { plan: 'again', index: 1, text: 'C' }],
  ['a shorter history goes back', ['A', 'B', 'C'], ['A', 'B'], { plan: 'again', index: 1, text: null }],
  ['a shorter history with another end is an edit', ['A', 'B', 'C'], ['X'], { plan: 'again', index: 0, text: 'X' }],
  ['a history with another beginning is another chat', ['A', 'B'], ['X', 'B', 'C'], { plan: 'newChat' }],
  ['a history with two unknown messages is another chat', ['A'], ['A', 'B', 'C'], { plan: 'newChat' }],
])('%s', (_, known, texts, plan) =>
  expect(planHistory(known.map(said), { texts, answers: [], endsWithText: true })).toEqual(plan),
);

test.each<[what: string, known: KnownMessage[], texts: string[], plan: HistoryPlan]>([
  ['outputs continue the last reply', [said('A')], ['A'], { plan: 'outputs', before: null }],
  ['outputs without a text of the user continue a chat without one', [], [], { plan: 'outputs', before: null }],
  ['outputs after others continue', [said('A'), brought('b')], ['A'], { plan: 'outputs', before: null }],
  ['outputs that came before take their turn back', [said('A'), brought('c')], ['A'], { plan: 'outputs', before: 1 }],
  [
    'outputs that came before take back what followed',
    [said('A'), brought('c'), said('B')],
    ['A'],
    { plan: 'outputs', before: 1 },
  ],
  ['unknown outputs within a longer chat are of another one', [said('A'), said('B')], ['A'], { plan: 'newChat' }],
  ['outputs after an unknown text are of another chat', [said('A')], ['A', 'B'], { plan: 'newChat' }],
])('%s', (_, known, texts, plan) =>
  expect(planHistory(known, { texts, answers: ['c'], endsWithText: false })).toEqual(plan),
);

test('a message of outputs alone is not counted among the texts', () => {
  const known = [said('A'), brought('c'), said('B')];
  const sent = (...texts: string[]) => planHistory(known, { texts, answers: [], endsWithText: true });
  expect(sent('A', 'B', 'C')).toEqual({ plan: 'turn', text: 'C' });
  expect(sent('A', 'B')).toEqual({ plan: 'again', index: 2, text: null });
});

import { expect, test } from '@jest/globals';
import { type HistoryPlan, planHistory } from './history.js';

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
])('%s', (_, known, sent, plan) => expect(planHistory(known, sent)).toEqual(plan));

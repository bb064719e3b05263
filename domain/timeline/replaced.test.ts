import { describe, expect, test } from '@jest/globals';
import { type Message, toMessage } from './message.js';
import { withoutRunning } from './replaced.js';

const user = (turn: string, text: string) => toMessage('user', text, `${turn}:user`, '');
const reply = (turn: string, text: string, beat = 0) => toMessage('assistant', text, `${turn}:${beat}`, '');
const shown = (messages: readonly Message[]) => messages.map(({ content }) => content);

const chat = [user('turn_1', 'A'), reply('turn_1', 'One.'), user('turn_2', 'B'), reply('turn_2', 'Two.')];

describe('the messages beside the stream of a reply', () => {
  test('are all of them while no turn runs', () => {
    expect(shown(withoutRunning(chat, null, null))).toEqual(['A', 'One.', 'B', 'Two.']);
  });

  test('have no beat of the turn that runs', () => {
    expect(shown(withoutRunning(chat, 'turn_2', null))).toEqual(['A', 'One.', 'B']);
  });

  test('have no version of a reply that is made again', () => {
    const again = { turnIds: new Set(['turn_2', 'turn_3']), text: null };
    expect(shown(withoutRunning(chat, 'turn_3', again))).toEqual(['A', 'One.', 'B']);
  });

  test('have the new text of a message that is edited', () => {
    const edit = { turnIds: new Set(['turn_2', 'turn_3']), text: 'B2' };
    expect(shown(withoutRunning(chat, 'turn_3', edit))).toEqual(['A', 'One.', 'B2']);
  });

  test('keep what clients added to the chat', () => {
    const added = [toMessage('assistant', 'Earlier.', 'message:1', ''), ...chat];
    expect(shown(withoutRunning(added, 'turn_2', null))).toEqual(['Earlier.', 'A', 'One.', 'B']);
  });
});

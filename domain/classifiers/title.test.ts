import { expect, test } from '@jest/globals';
import { calls, context, events } from '../../test/support/chats/classifierTurn.js';
import { classifiers } from './index.js';

test('the title of a chat is asked for with the exchange as material', () => {
  const [system, user] = classifiers.title.messages(context, calls.title);
  expect(system?.content).toContain('do not answer it');
  expect(user?.content).toBe(
    'The place: The lamp room\n\nWhat was just said:\nRobin: "Is it open?" I try the door.\nMira: It is.',
  );
});

test('an answer becomes a title of one line, without the marks that models put around it', () => {
  expect(events('title', { title: '**Title: "A door in the storm."**\nMore.' })).toEqual([
    { kind: 'chat_titled', data: { title: 'A door in the storm' } },
  ]);
});

test('an answer without a visible character leaves the chat without a title', () => {
  expect(events('title', { title: ' "" ' })).toEqual([]);
});

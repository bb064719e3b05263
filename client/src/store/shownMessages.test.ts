import { describe, expect, test } from '@jest/globals';
import type { EventFrame } from '../schema.js';
import { evolveMessages, rewritesMessages, type ShownMessage } from './shownMessages.js';

const event = (kind: string, turnId: string | null, data: object): EventFrame =>
  ({ type: 'event', seq: 1, kind, turnId, at: '2026-01-01T00:00:00.000Z', data }) as EventFrame;
const asked = (turnId: string, text: string) => event('user_turn', turnId, { text, segments: [] });
const answered = (turnId: string, text: string, beat = 0) =>
  event('assistant_turn', turnId, { text, beat, speakerId: 's', truncated: false });
const textsOf = (messages: readonly ShownMessage[]) => messages.map(({ text }) => text);
const fold = (...events: EventFrame[]) => events.reduce<readonly ShownMessage[]>(evolveMessages, []);

describe('the messages of a chat', () => {
  test('have the reply to a turn before a turn that was queued meanwhile', () => {
    const messages = fold(
      asked('turn_1', 'A'),
      asked('turn_2', 'B'),
      answered('turn_1', 'a'),
      answered('turn_1', 'aa', 1),
    );
    expect(textsOf(messages)).toEqual(['A', 'a', 'aa', 'B']);
  });

  test('have one version of a reply, from the event on that replaces it', () => {
    const first = [asked('turn_1', 'A'), answered('turn_1', 'a')];
    const second = [answered('turn_2', 'b'), event('turn_superseded', 'turn_2', { turnId: 'turn_1', by: 'turn_2' })];
    expect(textsOf(fold(...first, ...second))).toEqual(['A', 'b']);
  });

  test('have an event once that arrives again', () => {
    const events = [asked('turn_1', 'A'), answered('turn_1', 'a')];
    expect(textsOf(fold(...events, ...events))).toEqual(['A', 'a']);
  });

  test('are read again after events that change more than they say', () => {
    expect(rewritesMessages(event('turn_superseded', 'turn_1', {}))).toBe(true);
    expect(rewritesMessages(answered('turn_1', 'a'))).toBe(false);
    expect(rewritesMessages(event('assistant_turn', null, {}))).toBe(true);
  });
});

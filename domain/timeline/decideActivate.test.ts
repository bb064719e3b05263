import { describe, expect, test } from '@jest/globals';
import { chatLimits } from './chatLimits.js';
import { type ActivateState, decideActivate } from './decideActivate.js';

const chat = { seq: 20, logBytes: 100, activeTurnId: null };
const given = (more: Partial<ActivateState> = {}): ActivateState => ({
  chat,
  queued: 0,
  landing: 'landed',
  activeId: 'turn_2',
  ...more,
});
const activate = (state: ActivateState, version: { id: string; rootId: string } | null = first) =>
  decideActivate({ turn: { rootId: 'turn_1' }, version }, state);
const first = { id: 'turn_1', rootId: 'turn_1' };

describe('activating a version', () => {
  test('replaces the version that is active', () => {
    expect(activate(given())).toEqual({ action: 'activate', replacedId: 'turn_2' });
  });

  test('changes nothing when the version is active already', () => {
    expect(activate(given({ activeId: 'turn_1' }))).toEqual({ action: 'nothing' });
  });

  test.each([null, { id: 'turn_9', rootId: 'turn_9' }])(
    'is refused for what is no version of the reply: %j',
    (other) => {
      expect(activate(given(), other)).toMatchObject({ action: 'refuse', code: 'version_not_found' });
    },
  );

  test('is refused while the version has no reply', () => {
    expect(activate(given({ landing: 'none' }))).toMatchObject({ action: 'refuse', code: 'version_not_landed' });
  });

  test('is refused for a version whose reply was rewound', () => {
    expect(activate(given({ landing: 'hidden' }))).toMatchObject({ action: 'refuse', code: 'version_not_found' });
  });

  test('is refused while a turn runs', () => {
    const state = given({ chat: { ...chat, activeTurnId: 'turn_3' }, landing: 'none' });
    expect(activate(state)).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test('is refused while a turn waits for the floor', () => {
    expect(activate(given({ queued: 1 }))).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test('is refused when the log is full', () => {
    const state = given({ chat: { ...chat, logBytes: chatLimits.logBytes } });
    expect(activate(state)).toMatchObject({ action: 'refuse', code: 'chat_full' });
  });
});

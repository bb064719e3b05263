import { describe, expect, test } from '@jest/globals';
import { chatLimits } from './chatLimits.js';
import { decideRegenerate, newVersion, type RegenerateState } from './decideRegenerate.js';

type Turn = { id: string; requestHash: string };
const chat = { seq: 20, logBytes: 100, activeTurnId: null };
const given = (more: Partial<RegenerateState<Turn>> = {}): RegenerateState<Turn> => ({
  chat,
  queued: 0,
  repeated: null,
  lastUserTurnSeq: 14,
  ...more,
});
const regenerate = (state: RegenerateState<Turn>) => decideRegenerate({ requestHash: 'hash', userTurnSeq: 14 }, state);

describe('regenerating a reply', () => {
  test('takes the floor when the reply is the last one and no turn runs', () => {
    expect(regenerate(given())).toEqual({ action: 'regenerate' });
  });

  test.each([18, null])('is refused when the reply is not the last one, or is hidden: %p', (lastUserTurnSeq) => {
    expect(regenerate(given({ lastUserTurnSeq }))).toMatchObject({ action: 'refuse', code: 'not_last_turn' });
  });

  test('to continue it is for a reply of one speaker that has text, in a narrative or document chat', () => {
    const command = { requestHash: 'hash', userTurnSeq: 14, continues: true };
    const decide = (kind: 'narrative' | 'document' | 'agent' | 'relay', ...texts: string[]) =>
      decideRegenerate(command, given({ continued: { kind, texts } }));
    for (const kind of ['narrative', 'document'] as const) {
      expect(decide(kind, 'She went')).toEqual({ action: 'regenerate' });
    }
    for (const [kind, ...texts] of [
      ['agent', 'x'],
      ['relay', 'x'],
      ['narrative'],
      ['narrative', ' '],
      ['narrative', 'x', 'y'],
    ] as const) {
      expect(decide(kind, ...texts)).toMatchObject({ action: 'refuse', code: 'not_continuable' });
    }
  });

  test('is refused while a turn runs', () => {
    const state = given({ chat: { ...chat, activeTurnId: 'turn_running' } });
    expect(regenerate(state)).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test('is refused while a turn waits for the floor', () => {
    expect(regenerate(given({ queued: 1 }))).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test('is refused when the log is full', () => {
    const state = given({ chat: { ...chat, seq: chatLimits.events } });
    expect(regenerate(state)).toMatchObject({ action: 'refuse', code: 'chat_full' });
  });

  test('with a repeated idempotency key is the turn that the key has claimed, also while that one runs', () => {
    const repeated = { id: 'turn_claimed', requestHash: 'hash' };
    const state = given({ chat: { ...chat, activeTurnId: repeated.id }, repeated });
    expect(regenerate(state)).toEqual({ action: 'repeat', turn: repeated });
  });

  test('with the idempotency key of another request is refused', () => {
    const state = given({ repeated: { id: 'turn_claimed', requestHash: 'another' } });
    expect(regenerate(state)).toMatchObject({ action: 'refuse', code: 'idempotency_mismatch' });
  });
});

describe('a new version of a reply', () => {
  const replaced = { id: 'turn_2', rootId: 'turn_1', proseId: 'turn_1' };

  test('answers the prose of the version that it replaces', () => {
    const version = newVersion({ id: 'turn_3', text: undefined }, replaced);
    expect(version).toEqual({ rootId: 'turn_1', proseId: 'turn_1', regenerates: 'turn_2', editText: null });
  });

  test('answers prose of its own when the message was edited', () => {
    const version = newVersion({ id: 'turn_3', text: 'Edited.' }, replaced);
    expect(version).toEqual({ rootId: 'turn_1', proseId: 'turn_3', regenerates: 'turn_2', editText: 'Edited.' });
  });
});

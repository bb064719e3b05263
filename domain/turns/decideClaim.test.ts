import { describe, expect, test } from '@jest/globals';
import { chatLimits } from '../timeline/chatLimits.js';
import { type ClaimState, decideClaim } from './decideClaim.js';
import type { WhenBusy } from './turn.js';

type Turn = { id: string; requestHash: string };
const idle = { seq: 7, logBytes: 100, activeTurnId: null };
const busy = { ...idle, activeTurnId: 'turn_running' };
const given = (more: Partial<ClaimState<Turn>> = {}): ClaimState<Turn> => ({
  chat: idle,
  queued: 0,
  holderStop: null,
  repeated: null,
  ...more,
});
const post = (state: ClaimState<Turn>, whenBusy: WhenBusy = 'enqueue') =>
  decideClaim({ requestHash: 'hash', whenBusy }, state);
const all: WhenBusy[] = ['enqueue', 'reject', 'interrupt', 'rollback'];

describe('a turn that is posted', () => {
  test.each(all)('gets the floor of an idle chat, whatever it asks for when busy: %s', (whenBusy) => {
    const state = given();
    const decision = post(state, whenBusy);
    expect(decision).toEqual({ action: 'run', userTurnSeq: 8, rank: 8 });
  });

  test('waits behind the turns that wait already', () => {
    const state = given({ chat: busy, queued: 3 });
    const decision = post(state);
    expect(decision).toEqual({ action: 'queue', userTurnSeq: 8, rank: 8, stop: null });
  });

  test('is refused with reject while another one runs', () => {
    const state = given({ chat: busy });
    const decision = post(state, 'reject');
    expect(decision).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test.each(['interrupt', 'rollback'] as const)('with %s stops the running turn and goes before all others', (how) => {
    const state = given({ chat: busy, queued: 3 });
    const decision = post(state, how);
    expect(decision).toEqual({
      action: 'queue',
      userTurnSeq: 8,
      rank: -8,
      stop: { turnId: 'turn_running', mark: how },
    });
  });

  test('goes before an earlier interrupt that waits', () => {
    const [earlier, later] = [5, 9].map((seq) => post(given({ chat: { ...busy, seq } }), 'interrupt'));
    expect((later as { rank: number }).rank).toBeLessThan((earlier as { rank: number }).rank);
  });

  test('does not turn the rollback of a running turn into an interrupt', () => {
    const state = given({ chat: busy, holderStop: 'rollback' });
    const decision = post(state, 'interrupt');
    expect(decision).toMatchObject({ stop: { mark: 'rollback' } });
  });

  test.each(['enqueue', 'interrupt', 'rollback'] as const)('with %s is refused when the queue is full', (whenBusy) => {
    const state = given({ chat: busy, queued: chatLimits.queued });
    const decision = post(state, whenBusy);
    expect(decision).toMatchObject({ action: 'refuse', code: 'queue_full' });
  });

  test.each([{ seq: chatLimits.events }, { logBytes: chatLimits.logBytes }])(
    'is refused when the log is full: %j',
    (full) => {
      const state = given({ chat: { ...idle, ...full } });
      const decision = post(state);
      expect(decision).toMatchObject({ action: 'refuse', code: 'chat_full' });
    },
  );
});

describe('a post that repeats an idempotency key', () => {
  const claimed = { id: 'turn_claimed', requestHash: 'hash' };

  test('is the turn that the key has claimed, also where a new turn would be refused', () => {
    const state = given({ chat: { ...busy, seq: chatLimits.events }, repeated: claimed });
    const decision = post(state, 'reject');
    expect(decision).toEqual({ action: 'repeat', turn: claimed });
  });

  test('is refused when its request is another one', () => {
    const state = given({ repeated: { ...claimed, requestHash: 'another' } });
    const decision = post(state);
    expect(decision).toMatchObject({ action: 'refuse', code: 'idempotency_mismatch' });
  });
});

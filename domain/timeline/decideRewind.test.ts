import { describe, expect, test } from '@jest/globals';
import { chatLimits } from './chatLimits.js';
import { decideFork } from './decideFork.js';
import { decideRewind, decideUndo, type NewestEvent } from './decideRewind.js';

const idle = { chat: { seq: 20, logBytes: 100, activeTurnId: null }, queued: 0, holderStop: null };
const busy = { ...idle, chat: { ...idle.chat, activeTurnId: 'turn_running' } };
const full = { ...idle, chat: { ...idle.chat, seq: chatLimits.events } };

describe('a rewind', () => {
  test.each([1, 12, 20])('hides what comes after an event of the log: %d', (toSeq) => {
    expect(decideRewind({ toSeq, interrupt: false }, idle)).toEqual({ action: 'rewind' });
  });

  test.each([0, -1, 21])('is refused for a seq that the log does not have: %d', (toSeq) => {
    const decision = decideRewind({ toSeq, interrupt: true }, idle);
    expect(decision).toEqual({ action: 'refuse', code: 'no_such_seq', path: 'toSeq' });
  });

  test('is refused while a turn runs', () => {
    const decision = decideRewind({ toSeq: 5, interrupt: false }, busy);
    expect(decision).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test('with interrupt stops the turn that runs', () => {
    const decision = decideRewind({ toSeq: 5, interrupt: true }, busy);
    expect(decision).toEqual({ action: 'interrupt', turnId: 'turn_running', mark: 'interrupt' });
  });

  test('with interrupt does not weaken the rollback of the turn that runs', () => {
    const decision = decideRewind({ toSeq: 5, interrupt: true }, { ...busy, holderStop: 'rollback' });
    expect(decision).toMatchObject({ action: 'interrupt', mark: 'rollback' });
  });

  test('with interrupt rewinds at once where no turn runs', () => {
    expect(decideRewind({ toSeq: 5, interrupt: true }, idle)).toEqual({ action: 'rewind' });
  });

  test('is refused while a turn waits for the floor', () => {
    const decision = decideRewind({ toSeq: 5, interrupt: true }, { ...idle, queued: 1 });
    expect(decision).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test('is refused when the log is full, since it would append to it', () => {
    const decision = decideRewind({ toSeq: 5, interrupt: false }, full);
    expect(decision).toMatchObject({ action: 'refuse', code: 'chat_full' });
  });
});

describe('undoing a rewind', () => {
  const rewound: NewestEvent = { seq: 20, kind: 'chat_rewound', toSeq: 5 };

  test('restores what the newest event has hidden', () => {
    expect(decideUndo({ ...idle, newest: rewound })).toEqual({ action: 'undo', rewindSeq: 20, toSeq: 5 });
  });

  test.each([null, { seq: 20, kind: 'user_turn', toSeq: null }, { seq: 20, kind: 'rewind_undone', toSeq: null }])(
    'is refused when the newest event is no rewind: %j',
    (newest) => {
      expect(decideUndo({ ...idle, newest })).toMatchObject({ action: 'refuse', code: 'rewind_not_last' });
    },
  );

  test.each([busy, { ...idle, queued: 1 }])('is refused while a turn runs or waits: %j', (state) => {
    expect(decideUndo({ ...state, newest: rewound })).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });

  test('is refused when the log is full', () => {
    expect(decideUndo({ ...full, newest: rewound })).toMatchObject({ action: 'refuse', code: 'chat_full' });
  });
});

describe('a fork', () => {
  test('copies the timeline up to an event of the log, also when the log is full', () => {
    expect(decideFork({ atSeq: 20 }, full)).toEqual({ action: 'fork' });
  });

  test.each([0, 21])('is refused for a seq that the log does not have: %d', (atSeq) => {
    expect(decideFork({ atSeq }, idle)).toEqual({ action: 'refuse', code: 'no_such_seq', path: 'atSeq' });
  });

  test.each([busy, { ...idle, queued: 1 }])('is refused while a turn runs or waits: %j', (state) => {
    expect(decideFork({ atSeq: 5 }, state)).toMatchObject({ action: 'refuse', code: 'turn_in_progress' });
  });
});

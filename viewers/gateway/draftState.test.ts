import { describe, expect, test } from '@jest/globals';
import {
  accepts,
  attemptWrote,
  type DraftState,
  draftLanded,
  emptyDraft,
  gapClosed,
  gapOpened,
  leaseRead,
} from './draftState.js';

const draft = (status: DraftState['status'], fence = 2, epoch = 2): DraftState => ({
  status,
  fence,
  epoch,
  reason: 'new_attempt',
});
const open = ['current', 'gap', 'superseded'] as const;

describe('a draft that is current', () => {
  test('stays the same object when its own attempt writes', () => {
    const given = draft('current');
    expect(attemptWrote(given, { fence: 2, epoch: 2 })).toBe(given);
  });

  test('becomes superseded when another attempt is found to hold the fence', () => {
    const then = leaseRead(draft('current'), { fence: 3, epoch: 2 });
    expect(then).toEqual(draft('superseded', 3));
  });

  test('stays current while nothing was written in it, whichever attempt holds the fence', () => {
    expect(leaseRead(emptyDraft, { fence: 1, epoch: 0 })).toEqual({ ...emptyDraft, fence: 1 });
  });

  test('stays the same object when an older lease is read than the wire brought', () => {
    const given = draft('current');
    expect(leaseRead(given, { fence: 1, epoch: 1 })).toBe(given);
  });

  test('becomes a gap when tokens are held, and current again when none are', () => {
    const then = gapOpened(draft('current'));
    expect(then).toEqual(draft('gap'));
    expect(gapClosed(then)).toEqual(draft('current'));
  });
});

describe('a draft that is superseded', () => {
  test('refuses the attempt that lost the fence and accepts the one that holds it', () => {
    const given = draft('superseded', 3);
    expect(accepts(given, { fence: 2, epoch: 2 })).toBe(false);
    expect(accepts(given, { fence: 3, epoch: 2 })).toBe(true);
  });

  test('becomes current when the attempt that holds the fence continues its epoch', () => {
    expect(attemptWrote(draft('superseded', 3), { fence: 3, epoch: 2 })).toEqual(draft('current', 3));
  });
});

describe('a draft with a gap', () => {
  test('keeps its gap when another attempt takes the fence and continues the epoch', () => {
    expect(leaseRead(draft('gap'), { fence: 3, epoch: 2 })).toEqual(draft('gap', 3));
    expect(attemptWrote(draft('gap'), { fence: 3, epoch: 2 })).toEqual(draft('gap', 3));
  });
});

describe.each(open)('a draft that is %s', (status) => {
  test('becomes current in a newer epoch, with the reason that the attempt gives', () => {
    const attempt = { fence: 3, epoch: 3, reason: 'worker_lost' } as const;
    const then = { status: 'current', ...attempt };
    expect(attemptWrote(draft(status), attempt)).toEqual(then);
    expect(leaseRead(draft(status), attempt)).toEqual(then);
  });

  test('never accepts an older fence or an earlier epoch', () => {
    expect(accepts(draft(status), { fence: 1, epoch: 3 })).toBe(false);
    expect(accepts(draft(status), { fence: 3, epoch: 1 })).toBe(false);
  });

  test('gives the reason new_attempt for a reason of a newer worker that is not known here', () => {
    const attempt = { fence: 3, epoch: 3, reason: 'of_a_newer_worker' as never };
    expect(attemptWrote(draft(status), attempt).reason).toBe('new_attempt');
  });

  test('becomes landed when its beat is over', () => {
    expect(draftLanded(draft(status))).toEqual(draft('landed'));
  });
});

describe('a draft that has landed', () => {
  test('accepts nothing and never changes', () => {
    const given = draft('landed');
    const attempt = { fence: 9, epoch: 9 };
    expect(accepts(given, attempt)).toBe(false);
    for (const then of [
      attemptWrote(given, attempt),
      leaseRead(given, attempt),
      gapOpened(given),
      gapClosed(given),
      draftLanded(given),
    ]) {
      expect(then).toBe(given);
    }
  });
});

import { describe, expect, test } from '@jest/globals';
import { decideStop } from './decideStop.js';
import type { StopMark, TurnStatus } from './turn.js';

const stop = (status: TurnStatus, before: StopMark | null, mark: StopMark = 'cancel') =>
  decideStop({ mark }, { status, stop: before });

describe('a command to stop', () => {
  test('cancels a turn that waits for the floor at once', () => {
    expect(stop('queued', null)).toEqual({ action: 'cancel' });
  });

  test.each(['running', 'awaiting_operator'] as const)('marks a turn that is %s', (status) => {
    expect(stop(status, null)).toEqual({ action: 'mark', mark: 'cancel' });
  });

  test.each(['completed', 'cancelled', 'failed'] as const)('changes nothing of a turn that is %s', (status) => {
    expect(stop(status, null)).toEqual({ action: 'nothing' });
  });

  test('keeps the first of the marks that a turn is given', () => {
    expect(stop('running', 'interrupt', 'cancel')).toEqual({ action: 'mark', mark: 'interrupt' });
  });

  test.each(['cancel', 'interrupt', 'failing'] as const)('replaces the mark %s by a rollback', (before) => {
    expect(stop('running', before, 'rollback')).toEqual({ action: 'mark', mark: 'rollback' });
  });

  test('never replaces a rollback', () => {
    expect(stop('running', 'rollback', 'cancel')).toEqual({ action: 'mark', mark: 'rollback' });
  });
});

import { describe, expect, test } from '@jest/globals';
import { toPublicError } from '../log/failures.js';
import { decideClose, decideEnd } from './decideEnd.js';
import type { StopMark } from './turn.js';
import type { ReplyVerdict } from './verdict.js';

const running = (stop: StopMark | null = null, regenerates: string | null = null) => ({ stop, regenerates });
const failed = { status: 'failed', error: toPublicError('provider_error') } as const;

describe('a turn that ends', () => {
  test('ends as its workflow says', () => {
    const end = decideEnd(failed, running());
    expect(end).toEqual({ ...failed, isRolledBack: false, changesMarks: false });
  });

  test.each(['cancel', 'interrupt'] as const)('keeps its events after the stop %s', (stop) => {
    const end = decideEnd({ status: 'cancelled' }, running(stop));
    expect(end).toMatchObject({ status: 'cancelled', isRolledBack: false });
  });

  test('is cancelled, and its events leave the timeline, when it was to be rolled back, also if it had completed', () => {
    const end = decideEnd({ status: 'completed' }, running('rollback'));
    expect(end).toMatchObject({ status: 'cancelled', isRolledBack: true, changesMarks: true });
  });

  test('has failed when its workflow could not go on and its floor was passed', () => {
    const end = decideEnd({ status: 'cancelled' }, running('failing'));
    expect(end).toMatchObject({ status: 'failed', error: { code: 'workflow_failing' } });
  });

  test('has completed when its workflow could go on after its floor was passed', () => {
    const end = decideEnd({ status: 'completed' }, running('failing'));
    expect(end).toMatchObject({ status: 'completed', error: undefined });
  });

  test('changes marks when it was to replace a version: without a reply its prose leaves the timeline', () => {
    const end = decideEnd(failed, running(null, 'turn_replaced'));
    expect(end).toMatchObject({ isRolledBack: false, changesMarks: true });
  });
});

describe('a turn that is closed without its workflow', () => {
  const whole: ReplyVerdict = { gone: false, landed: true, truncated: false, empty: false, code: null };
  const cut: ReplyVerdict = { ...whole, truncated: true };
  const close = (stop: StopMark | null, ...replies: ReplyVerdict[]) =>
    decideClose({ code: 'workflow_lost' }, { stop, replies });

  test('has completed when all of its replies have landed whole', () => {
    expect(close(null, whole, whole)).toEqual({ status: 'completed' });
  });

  test.each([[[]], [[cut]], [[whole, cut]]])('has failed when a reply is missing or truncated: %j', (replies) => {
    expect(close(null, ...replies)).toMatchObject({ status: 'failed', error: { code: 'workflow_lost' } });
  });

  test.each(['cancel', 'interrupt', 'rollback'] as const)('is cancelled when it was to be stopped: %s', (stop) => {
    expect(close(stop, cut)).toEqual({ status: 'cancelled' });
  });

  test('has failed when its floor was passed because its workflow could not go on', () => {
    expect(close('failing', cut)).toMatchObject({ status: 'failed' });
  });
});

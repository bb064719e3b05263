import { describe, expect, test } from '@jest/globals';
import { type ApprovalState, decideApproval, decideApprovalRequest, permissionOf } from './decideApproval.js';

const waiting = { status: 'awaiting_approval', approved: null };
const given = (more: Partial<ApprovalState> = {}): ApprovalState => ({
  isLive: true,
  call: waiting,
  toolLevel: 3,
  ...more,
});
const approve = { approved: true, decider: { level: 3 } };
const deny = { approved: false, decider: { level: 3 } };

describe('a decision on a call of a tool', () => {
  test.each([approve, deny])('is stored while the call waits for it: %j', (command) => {
    expect(decideApproval(command, given())).toBe('decided');
  });

  test('to approve is refused below the level of the tool', () => {
    const command = { approved: true, decider: { level: 2 } };
    expect(decideApproval(command, given())).toBe('not_permitted');
  });

  test('to approve is refused below the highest level when the tool is not listed', () => {
    const command = { approved: true, decider: { level: 2 } };
    expect(decideApproval(command, given({ toolLevel: null }))).toBe('not_permitted');
  });

  test('to deny needs no level', () => {
    const command = { approved: false, decider: { level: 1 } };
    expect(decideApproval(command, given())).toBe('decided');
  });

  test('of an operator needs no level', () => {
    const command = { approved: true, decider: 'operator' } as const;
    expect(decideApproval(command, given())).toBe('decided');
  });

  test('is no error when it is the one that was made before', () => {
    const state = given({ call: { ...waiting, approved: true } });
    expect(decideApproval(approve, state)).toBe('same');
  });

  test('comes too late after another decision', () => {
    const state = given({ call: { ...waiting, approved: true } });
    expect(decideApproval(deny, state)).toBe('not_pending');
  });

  test('to approve is refused below the level of the tool, also when the call was approved before', () => {
    const state = given({ call: { ...waiting, approved: true } });
    expect(decideApproval({ approved: true, decider: { level: 1 } }, state)).toBe('not_permitted');
  });

  test.each([{ call: null }, { call: { status: 'running', approved: null } }, { isLive: false }])(
    'comes too early or too late when the call does not wait: %j',
    (more) => {
      expect(decideApproval(approve, given(more))).toBe('not_pending');
    },
  );
});

describe('a call that needs approval', () => {
  const running = { stop: null };

  test('asks for a decision', () => {
    expect(decideApprovalRequest(running, { status: 'planned', approved: null })).toBe('asked');
  });

  test('asks for no other decision than the one that was made', () => {
    expect(decideApprovalRequest(running, { status: 'planned', approved: false })).toBe('decided');
  });

  test.each([
    [null, waiting],
    [{ stop: 'cancel' } as const, waiting],
    [running, null],
    [running, { status: 'done', approved: null }],
  ])('asks for no decision when the turn or the call is over: %j, %j', (turn, call) => {
    expect(decideApprovalRequest(turn, call)).toBe('over');
  });

  const approved = { approved: true, comment: null, approvedHash: 'hash', hash: 'hash' };

  test('may be made when it was approved with the same arguments', () => {
    expect(permissionOf(approved)).toEqual({ approved: true });
  });

  test('may not be made when its arguments have changed since', () => {
    expect(permissionOf({ ...approved, hash: 'other' })).toMatchObject({ approved: false, reason: 'changed' });
  });

  test('may not be made when it was denied, and the comment says why', () => {
    const denied = { ...approved, approved: false, comment: 'Not today.' };
    expect(permissionOf(denied)).toEqual({ approved: false, reason: 'denied', comment: 'Not today.' });
  });

  test.each([null, { ...approved, approved: null }])('may not be made while nothing is decided: %j', (call) => {
    expect(permissionOf(call)).toEqual({ approved: false, reason: 'undecided', comment: null });
  });
});

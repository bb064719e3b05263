import { describe, expect, test } from '@jest/globals';
import {
  areTooManyMissing,
  CLOSE_FAILING_AFTER_MS,
  decideAcceptNamespace,
  decideCloseLost,
  decideFailingFloor,
  decideReconcile,
  estimateMissing,
  FAILING_AFTER_MS,
  isDescribedIn,
  SLOW_AFTER_MS,
} from './decideReconcile.js';
import type { FoundWorkflow, OpenTurn } from './reconcile.js';

const now = Date.parse('2026-11-27T12:00:00Z');
const ago = (ms: number) => new Date(now - ms);
const turn = (more: Partial<OpenTurn> = {}): OpenTurn => ({
  opened: true,
  holdsFloor: true,
  failingSince: null,
  ...more,
});
const running = (failingForMs: number | null = null, slow = false): FoundWorkflow => ({
  status: 'running',
  runId: 'run',
  failing:
    failingForMs === null
      ? null
      : { since: ago(failingForMs), attempt: 4, cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE', slow },
});
const notFound: FoundWorkflow = { status: 'not_found' };
const closedAs = (how: string): FoundWorkflow => ({ status: 'closed', runId: 'run', closedAs: how });
const action = (open: OpenTurn, found: FoundWorkflow) => decideReconcile(open, found, now).action;

describe('the reconciler', () => {
  test('does nothing about a turn whose workflow runs', () => {
    expect(action(turn(), running())).toBe('nothing');
  });

  test.each([
    ['TERMINATED', 'workflow_terminated'],
    ['TIMED_OUT', 'workflow_lost'],
  ])('closes a turn whose workflow is closed as %s with the code %s', (how, code) => {
    expect(decideReconcile(turn(), closedAs(how), now)).toEqual({ action: 'close', code });
  });

  test('starts a turn whose workflow never ran, and only reports one whose workflow ran and is not found', () => {
    expect(action(turn({ opened: false }), notFound)).toBe('start');
    expect(action(turn(), notFound)).toBe('report_missing');
  });

  test('passes the floor once the workflow has failed for 15 s, and not before', () => {
    expect(action(turn(), running(FAILING_AFTER_MS - 1))).toBe('nothing');
    expect(action(turn(), running(FAILING_AFTER_MS))).toBe('pass_floor');
  });

  test('passes the floor of a workflow that is only slow after ten minutes, and not before', () => {
    expect(action(turn(), running(SLOW_AFTER_MS - 1, true))).toBe('nothing');
    expect(action(turn(), running(SLOW_AFTER_MS, true))).toBe('pass_floor');
  });

  test('passes the floor of a turn once', () => {
    expect(action(turn({ failingSince: ago(60_000), holdsFloor: false }), running(60_000))).toBe('nothing');
  });

  test('terminates a workflow that could not go on for as long as operators have, and not before', () => {
    const since = (ms: number) => turn({ failingSince: ago(ms), holdsFloor: false });
    expect(action(since(CLOSE_FAILING_AFTER_MS - 1), running(CLOSE_FAILING_AFTER_MS))).toBe('nothing');
    expect(action(since(CLOSE_FAILING_AFTER_MS), running(CLOSE_FAILING_AFTER_MS))).toBe('terminate');
  });

  test('notices that a workflow can go on again', () => {
    expect(action(turn({ failingSince: ago(60_000) }), running())).toBe('clear_failing');
  });

  test('takes three missing turns, or a fifth of all, for lost, and more for a Temporal without its data', () => {
    expect(areTooManyMissing({ missing: 3, looked: 3 })).toBe(false);
    expect(areTooManyMissing({ missing: 4, looked: 4 })).toBe(true);
    expect(areTooManyMissing({ missing: 20, looked: 100 })).toBe(false);
    expect(areTooManyMissing({ missing: 21, looked: 100 })).toBe(true);
  });

  test.each(['running', 'awaiting_operator'] as const)(
    'closes a turn that is %s when its workflow is gone',
    (status) => {
      expect(decideCloseLost({ status })).toEqual({ action: 'close' });
    },
  );

  test.each(['queued', 'completed', 'cancelled', 'failed'] as const)('does not close a turn that is %s', (status) => {
    expect(decideCloseLost({ status })).toEqual({ action: 'nothing' });
  });
});

describe('a turn whose workflow can not go on', () => {
  const held = { turnId: 'turn_a', status: 'running', activeTurnId: 'turn_a', stop: null, failingSince: null } as const;

  test('passes the floor and waits for an operator', () => {
    expect(decideFailingFloor(held)).toEqual({ action: 'wait', passesFloor: true, isFirstTime: true });
  });

  test('has no floor to pass when another turn got it before', () => {
    const again = { ...held, activeTurnId: 'turn_b', stop: 'failing', failingSince: ago(60_000) } as const;
    expect(decideFailingFloor(again)).toEqual({ action: 'wait', passesFloor: false, isFirstTime: false });
  });

  test.each(['cancel', 'interrupt', 'rollback'] as const)('is closed when it was to be stopped: %s', (stop) => {
    expect(decideFailingFloor({ ...held, stop })).toEqual({ action: 'close' });
  });

  test('stays as it is when it has ended since it was looked at', () => {
    expect(decideFailingFloor({ ...held, status: 'completed' })).toEqual({ action: 'nothing' });
  });
});

describe('a turn when an operator accepts the connected namespace', () => {
  const accept = (lost: 'close' | 'restart', opened: boolean, found: FoundWorkflow) =>
    decideAcceptNamespace({ lost }, { opened }, found);

  test('stays as it is when its workflow runs there', () => {
    expect(accept('restart', true, running())).toEqual({ action: 'nothing' });
  });

  test.each(['close', 'restart'] as const)('is started when it never ran, also with %s', (lost) => {
    expect(accept(lost, false, notFound)).toEqual({ action: 'start' });
  });

  test('is started again with restart when its workflow is not found', () => {
    expect(accept('restart', true, notFound)).toEqual({ action: 'start' });
  });

  test('is closed with close when its workflow is not found', () => {
    expect(accept('close', true, notFound)).toEqual({ action: 'close', code: 'workflow_lost' });
  });

  test('is closed when its workflow was terminated there, also with restart', () => {
    expect(accept('restart', true, closedAs('TERMINATED'))).toEqual({ action: 'close', code: 'workflow_terminated' });
  });
});

describe('the turns that a pass describes although their workflow is listed as running', () => {
  const ids = Array.from(
    { length: 4_000 },
    (_, n) => `turn_0190d7e2-0000-7000-8000-${(n * 7_919).toString(16).padStart(12, '0')}`,
  );
  const describedIn = (pass: number, turns: number) => ids.filter((id) => isDescribedIn(id, { turns, pass }));

  test.each([1, 50])('are all of %i', (turns) => {
    expect(describedIn(7, turns)).toHaveLength(ids.length);
  });

  test.each([
    [51, 2],
    [300, 8],
    [1_600, 32],
    [100_000, 32],
  ])('are of %i turns one part of %i, and each turn is in one of so many passes', (turns, parts) => {
    const passes = Array.from({ length: parts }, (_, n) => describedIn(1_000 + n, turns));
    expect(passes.flat().toSorted()).toEqual(ids.toSorted());
    for (const described of passes) expect(described.length).toBeLessThan((ids.length / parts) * 1.2);
  });

  test('count for those that are only listed where the missing ones are counted', () => {
    expect(estimateMissing(3, { turns: 0, described: 0, missing: 0 })).toBe(3);
    expect(estimateMissing(12, { turns: 280, described: 35, missing: 10 })).toBe(82);
    expect(
      areTooManyMissing({ missing: estimateMissing(10, { turns: 280, described: 35, missing: 10 }), looked: 280 }),
    ).toBe(true);
  });
});
